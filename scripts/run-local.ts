import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ensureComposeSecrets } from "./local/compose-env.js";
import { DEMO_USER } from "./local/jobs-api.js";
import { type StackUrls, startStack } from "./local/stack.js";
import { clearState, ROOT, writeState } from "./local/state.js";
import { whenInterrupted } from "./local/terminal.js";

const say = (line: string) => process.stdout.write(`${line}\n`);
const WORKERS = 2;
const STATE = "stack";

/** Keeps the stack up until Ctrl-C: in containers where there is a Docker engine, else natively. */
async function runLocal(): Promise<number> {
  return hasDockerEngine() ? withCompose() : natively();
}

/** The client alone is not enough: `docker info` fails without an engine behind it. */
function hasDockerEngine(): boolean {
  const works = (...args: string[]) => spawnSync("docker", args, { stdio: "ignore", timeout: 15_000 }).status === 0;
  return works("info") && works("compose", "version");
}

async function withCompose(): Promise<number> {
  const command = ["compose", "up", "--build", "--scale", `celeryworker=${WORKERS}`];
  const { secrets, added } = ensureComposeSecrets(join(ROOT, ".env"));
  if (added.length > 0) say(`New passwords in .env: ${added.join(", ")}`);
  say(`A Docker engine is here: docker ${command.join(" ")}`);
  say(`  Web view         http://localhost:5556  (token ${secrets.CELERY_WEB_TOKEN})`);
  say("  Example backend  http://localhost:5000/jobs");
  say(`  RabbitMQ         http://localhost:15672  (plosolver / ${secrets.RABBITMQ_PASSWORD})`);
  say(`  Flower           http://localhost:5555  (plosolver / ${secrets.FLOWER_PASSWORD})`);
  say("  Worker health    http://localhost:5002/health");
  say("Submit a job from another terminal:  make submit        Stop: Ctrl-C\n");
  const urls: StackUrls = { backendUrl: "http://localhost:5000" };
  writeState(STATE, urls);
  const interrupted = whenInterrupted();
  const compose = spawn("docker", command, { cwd: ROOT, stdio: "inherit" });
  const code = await Promise.race([ended(compose), interrupted.then(() => ended(compose))]);
  spawnSync("docker", ["compose", "down"], { cwd: ROOT, stdio: "inherit" });
  clearState(STATE);
  return code;
}

async function natively(): Promise<number> {
  say(`No Docker engine is here: the same parts run as ordinary processes, with ${WORKERS} workers.`);
  const interrupted = whenInterrupted();
  const stack = await startStack({
    workers: WORKERS,
    web: true,
    log: say,
    env: { LOG_FORMAT: process.env.LOG_FORMAT ?? "pretty" },
  });
  writeState(STATE, stack.urls);
  const { services } = stack;
  if (stack.urls.webUrl) say(`  Web view         ${stack.urls.webUrl}`);
  if (stack.urls.backendUrl) say(`  Example backend  ${stack.urls.backendUrl}/jobs`);
  say(`  RabbitMQ         ${services.brokerUrl}`);
  say(`                   ${services.managementUrl}  (guest / guest)`);
  say(`  PostgreSQL       ${services.databaseUrl}`);
  for (const worker of stack.workers) say(`  ${worker.name} health   ${worker.healthUrl}`);
  say("For `celery` in another terminal:");
  say(`  export CELERY_BROKER_URL='${services.brokerUrl}'`);
  say(`  export DATABASE_URL='${services.databaseUrl}'`);
  say(`  celery jobs submit spot --user ${DEMO_USER} --input spot.json --watch`);
  say("Submit the example from another terminal:  make submit        Stop: Ctrl-C\n");
  const stopFollowing = followLogs(stack.workers);
  const signal = await interrupted;
  stopFollowing();
  say(`\n${signal}: stopping …`);
  await stack.stop();
  clearState(STATE);
  return 0;
}

/** Prints what each worker writes, each line behind its name. @returns what ends it */
function followLogs(workers: readonly { readonly name: string; readonly logFile: string }[]): () => void {
  const tails = workers.map(({ name, logFile }) => {
    const tail = spawn("tail", ["-n", "+1", "-F", logFile], { stdio: ["ignore", "pipe", "ignore"] });
    createInterface(tail.stdout).on("line", (line) => say(`${name} | ${line}`));
    return tail;
  });
  return () => {
    for (const tail of tails) tail.kill();
  };
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    child.once("exit", (code) => resolve(code ?? 0));
    child.once("error", () => resolve(1));
  });
}

runLocal().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
