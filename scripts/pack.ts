import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { layOutRuntimePackage } from "./local/runtime-package.js";
import { ROOT } from "./local/state.js";

// The npm package of the runtime, as a tarball in dist/package; with --dry-run what would be in it.
const folder = join(ROOT, "dist/package/runtime");
layOutRuntimePackage(folder);
execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", "..", ...process.argv.slice(2)], {
  cwd: folder,
  stdio: "inherit",
});
