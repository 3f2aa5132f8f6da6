import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { debianPrograms, debianRabbitmqVersion, debianRoot } from "./local/debian-root.js";
import { provision } from "./local/provision.js";
import { ROOT } from "./local/state.js";

const run = promisify(execFile);
const say = (line: string) => process.stdout.write(`${line}\n`);
/** What is run: each of these tests speaks to Python, to RabbitMQ's newer ways, or to both. */
const TESTS = [
  "test/conformance",
  "test/integration/control",
  "test/integration/events",
  "test/integration/cli.test.ts",
  "test/integration/celery",
  "test/fault/malformed.test.ts",
];
/** Run once more on a broker that refuses what RabbitMQ 4.3 has given up; Python workers up to 5.6 need it themselves. */
const STRICT_TESTS = [
  "test/integration/control.test.ts",
  "test/integration/celery/client.test.ts",
  "test/integration/celery/life-of-a-task.test.ts",
];
const STRICT = ["transient_nonexcl_queues", "global_qos"]
  .map((feature) => `deprecated_features.permit.${feature} = false`)
  .join(";");
/**
 * Runs the tests of {@link TESTS}, or those named, with Debian 13's RabbitMQ and Celery, in a root of their own. Needs root.
 * The variable PYTHON names another Python, with a Celery that Debian does not have.
 */
async function compat(): Promise<number> {
  if (process.getuid?.() !== 0) throw new Error("make compat needs root: it makes a Debian 13 root and enters it");
  await provision(["postgres", "redis"], say);
  const root = await debianRoot(say);
  const bin = await debianPrograms(root);
  const python = process.env.PYTHON ?? join(bin, "python3");
  const { stdout } = await run(python, ["-c", "import celery; print(celery.__version__)"]);
  say(`Celery ${stdout.trim()} and ${await debianRabbitmqVersion(root)}`);
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    PYTHON: python,
    RABBITMQ_SERVER: join(bin, "rabbitmq-server"),
  };
  const named = process.argv.slice(2);
  if (named.length > 0) return await vitest(named, env);
  const code = await vitest(TESTS, env);
  say("Once more, on a broker without transient queues that are not exclusive and without a global prefetch");
  return (await vitest(STRICT_TESTS, { ...env, RABBITMQ_SETTINGS: STRICT })) || code;
}

/** @returns the exit code */
function vitest(tests: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const args = ["run", "--project", "services", ...tests];
  const child = spawn(join(ROOT, "node_modules/.bin/vitest"), args, { cwd: ROOT, env, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

compat().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
