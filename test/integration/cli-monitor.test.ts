import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installPackages } from "../../scripts/local/provision.js";
import { BUILT_MAIN, RunningCelery } from "../support/celery-command.js";
import { useBareClient } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const APP = fileURLToPath(new URL("../fixtures/cli-app.mjs", import.meta.url));
const NODE = "node@test";
const SERVER = `celery-test-${process.pid}`;
const run = promisify(execFile);
const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
let worker: RunningCelery;

/** tmux with a server of its own, that knows nothing of the user's. */
const tmux = async (...args: string[]) => (await run("tmux", ["-L", SERVER, "-f", "/dev/null", ...args])).stdout;
const screen = () => tmux("capture-pane", "-p", "-t", "view");
const press = (...keys: string[]) => tmux("send-keys", "-t", "view", ...keys);

/** Waits until the terminal shows all of it. */
async function shows(...patterns: RegExp[]): Promise<string> {
  let last = "";
  await waitUntil(async () => {
    last = await screen();
    return patterns.every((pattern) => pattern.test(last));
  }, `${patterns} on the screen`).catch((cause) => {
    throw new Error(`${patterns} on the screen:\n${last}`, { cause });
  });
  return last;
}

beforeAll(async () => {
  await installPackages(
    ["tmux"],
    () => existsSync("/usr/bin/tmux"),
    (line) => process.stderr.write(`${line}\n`),
  );
  // No -E: the view turns task events on by itself.
  worker = new RunningCelery(["-A", APP, "-b", vhost.url, "worker", "-n", NODE, "-c", "2", "-l", "info"]);
  await waitUntil(() => worker.output.includes("ready."), "the worker");
  await tmux("new-session", "-d", "-s", "view", "-x", "140", "-y", "30", "-e", "TERM=screen", "sh");
  await press("-l", `${process.execPath} ${BUILT_MAIN} -b ${vhost.url} events; echo "left with $?"`);
  await press("Enter");
  await shows(/celery events \d/, /Workers online: node@test/);
});
afterAll(async () => {
  await tmux("kill-server").catch(() => undefined);
  await worker.end("SIGKILL");
});

it("the live view follows tasks, shows one in detail, revokes one, and leaves the terminal as it was", async () => {
  const done = await bare.current.send("node", "t.add", [1, 2], { argsrepr: "(1, 2)", kwargsrepr: "{}" });
  await shows(new RegExp(`${done} +t\\.add +node@test +\\d\\d:\\d\\d:\\d\\d +SUCCESS`), /workers 1\/1 +tasks 1/);

  const failed = await bare.current.send("node", "t.fail", [], { argsrepr: "()", kwargsrepr: "{}" });
  await shows(new RegExp(`${failed} +t\\.fail .*FAILURE`));
  await press("k", "t");
  await shows(/RangeError: boom|ValueError: boom/);
  await press("Escape");
  await shows(/UUID +TASK/);

  const sleeping = randomUUID();
  await bare.current.send("node", "t.sleep", [600], { id: sleeping, argsrepr: "(600,)", kwargsrepr: "{}" });
  await shows(new RegExp(`${sleeping} +t\\.sleep .*STARTED`));
  await press("Home", "Enter");
  await shows(new RegExp(`^uuid +${sleeping}`, "m"), /^args +\(600,\)/m, /^state +STARTED/m);
  await press("c");
  await shows(/Revoke t\.sleep .*and end it when it runs\?/);
  await press("n");
  await shows(/nothing was revoked/);
  await press("c");
  await shows(/Revoke t\.sleep/);
  await press("y");
  await shows(/is revoked at 1 worker/, new RegExp(`${sleeping} +t\\.sleep .*REVOKED`));

  await press("w");
  await shows(/WORKER +STATUS +ACTIVE/, /node@test +ONLINE +0 +3/);
  await press("h");
  await shows(/select a task/);

  await tmux("resize-window", "-t", "view", "-x", "70", "-y", "12");
  await press("Escape");
  const small = await shows(/UUID +TASK/, /Keys: j:down|Keys:/);
  for (const line of small.split("\n")) expect(line.length).toBeLessThanOrEqual(70);

  await press("q");
  expect(await shows(/left with 0/)).not.toMatch(/UUID +TASK/);
});
