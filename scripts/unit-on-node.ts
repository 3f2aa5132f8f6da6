import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { nodeOf } from "./local/node-of.js";
import { ROOT, STATE_FOLDER } from "./local/state.js";

// The unit tests on other versions of Node: tsx scripts/unit-on-node.ts 22 24
for (const major of process.argv.slice(2)) {
  const node = await nodeOf(major, STATE_FOLDER);
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  const args = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--project", "unit"];
  process.stdout.write(`Unit tests on Node ${major}\n`);
  const { status } = spawnSync(node, args, { cwd: ROOT, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
