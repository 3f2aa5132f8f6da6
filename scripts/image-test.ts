import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Buildah, standInBase } from "./local/buildah.js";
import { freePorts, type GuardedProcess, tail, waitFor } from "./local/processes.js";
import { installPackages, provision } from "./local/provision.js";
import { type Services, startServices } from "./local/services.js";
import { ROOT } from "./local/state.js";

const say = (line: string) => process.stdout.write(`${line}\n`);
const IMAGE = "plosolver-worker-test";

/**
 * Builds the real Dockerfile where there is no Docker, over a stand-in of its base image, and runs the image's own command
 * until its own health check passes. Needs root: buildah's chroot isolation does.
 */
async function imageTest(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("make image-test needs root: buildah's chroot isolation does");
  await provision(["rabbitmq", "postgres"], say);
  await installPackages(["buildah", "mmdebstrap"], (name) => existsSync(`/usr/bin/${name}`), say);
  const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
  const base = /^ARG NODE_IMAGE=([^@\s]+)/m.exec(dockerfile)?.[1];
  if (base === undefined) throw new Error("the Dockerfile names no base image");
  const services = await startServices({ rabbitmq: true, postgres: true, alwaysPrivate: true, log: say });
  try {
    const buildah = new Buildah(services.folder);
    await standInBase(buildah, base, say);
    say("Building the Dockerfile …");
    const options = [
      "--isolation",
      "chroot",
      "--format",
      "docker",
      "--pull-never",
      "--build-arg",
      `NODE_IMAGE=${base}`,
    ];
    await buildah.run("build", ...options, "--tag", IMAGE, ROOT);
    await runImage(buildah, services);
  } finally {
    await services.stop();
  }
}

/** Health checks of the Python worker's compose files, which go on being used with this image. */
const OLD_PROBES = [
  ["pgrep", "-f", "celery"],
  ["sh", "-c", "pgrep -f celery || exit 1"],
  ["curl", "-f", "http://localhost:5002/health"],
  ["python", "/app/health_check.py"],
  ["/app/health_check.sh"],
];

interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
}

async function runImage(buildah: Buildah, services: Services): Promise<void> {
  const inspected = JSON.parse(await buildah.run("inspect", "--type", "image", IMAGE)) as {
    Docker: { config: ImageConfig };
  };
  const { User, Entrypoint, Cmd, Healthcheck } = inspected.Docker.config;
  if (User === "" || User === "root" || User === "0") throw new Error("the image runs as root");
  const container = await buildah.run("from", "--pull-never", IMAGE);
  const inside = (...command: string[]) => [
    "run",
    "--isolation",
    "chroot",
    "--user",
    User,
    container,
    "--",
    ...command,
  ];

  await buildah.run("config", "--env", `DATABASE_URL=${services.databaseUrl}`, container);
  await buildah.run("config", "--env", `CELERY_BROKER_URL=${services.brokerUrl}`, container);
  const [port] = await freePorts(1);
  await buildah.run("config", "--env", `CELERY_HEALTH_PORT=${port}`, container);

  const modules = await buildah.run(
    ...inside("sh", "-c", "cd /app && ls node_modules node_modules/@* && celery --help >/dev/null"),
  );
  const forbidden = ["typescript", "vitest", "tsx", "knip", "celery-node"].filter((name) =>
    modules.split("\n").includes(name),
  );
  if (forbidden.length > 0) throw new Error(`development dependencies are in the image: ${forbidden.join(", ")}`);
  say(await buildah.run(...inside("celery", "db", "migrate")));

  const command = [...Entrypoint, ...Cmd];
  say(`Starting the image's own command as user ${User}: ${command.join(" ")}`);
  const logFile = join(services.folder, "image.log");
  const worker = services.spawn("image", "buildah", buildah.command(...inside(...command)), {
    cwd: ROOT,
    env: buildah.env,
    logFile,
  });
  const [kind, ...check] = Healthcheck.Test;
  if (kind !== "CMD") throw new Error(`the image's health check is of kind ${kind}`);
  await waitFor("the image's health check", async () => (await buildah.run(...inside(...check))) !== undefined, {
    timeoutMs: 60_000,
    everyMs: 500,
    giveUp: () => (worker.exited ? `the container ended.\n${tail(logFile, 40)}` : undefined),
  });
  say("The image's health check passes.");
  for (const probe of OLD_PROBES) {
    await buildah.run(...inside(...probe.map((word) => word.replace("5002", String(port)))));
    say(`  ${probe.join(" ")}: passes, too.`);
  }
  await endsOnSigterm(worker, logFile);
  const search = "find / -xdev -user $(id -u) -not -path '/proc*' -not -path '/tmp*' 2>/dev/null; true";
  const written = await buildah.run(...inside("sh", "-c", search));
  if (written !== "") throw new Error(`a read-only root would not do, it writes: ${written}`);
  say("It has written nothing outside /tmp.");
}

/** `docker stop` signals PID 1; the worker behind it has to end by itself and with code 0. */
async function endsOnSigterm(worker: GuardedProcess, logFile: string): Promise<void> {
  const pids = await descendants(worker.pid);
  const tini = pids.find((pid) => commandOf(pid)[0]?.endsWith("tini"));
  if (tini === undefined) throw new Error("tini does not run in the container");
  process.kill(tini, "SIGTERM");
  await waitFor("the container's end after SIGTERM", () => worker.exited, { timeoutMs: 40_000 });
  const code = await worker.done;
  if (code !== 0) throw new Error(`after SIGTERM the container ended with ${code}.\n${tail(logFile, 40)}`);
  say("SIGTERM to its PID 1 ends it with exit code 0.");
}

async function descendants(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

imageTest().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
