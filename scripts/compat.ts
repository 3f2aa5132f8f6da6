import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPackages, provision } from "./local/provision.js";
import { ROOT, STATE_FOLDER } from "./local/state.js";

const run = promisify(execFile);
const say = (line: string) => process.stdout.write(`${line}\n`);
const SUITE = "trixie";
const PACKAGES = [
  "ca-certificates",
  "rabbitmq-server",
  "python3-celery",
  "python3-flask",
  "python3-psycopg2",
  "python3-sqlalchemy",
  "python3-redis",
  "python3-yaml",
];
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
/** Programs that the tests start by name or variable, and where Debian 13 has them. */
const PROGRAMS = {
  "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
  epmd: "/usr/bin/epmd",
  python3: "/usr/bin/python3",
};

/**
 * Runs the tests of {@link TESTS}, or those named, with Debian 13's RabbitMQ and Celery, in a root of their own. Needs root.
 * The variable PYTHON names another Python, with a Celery that Debian does not have.
 */
async function compat(): Promise<number> {
  if (process.getuid?.() !== 0) throw new Error("make compat needs root: it makes a Debian 13 root and enters it");
  await installPackages(["mmdebstrap"], (name) => existsSync(`/usr/bin/${name}`), say);
  await provision(["postgres", "redis"], say);
  const root = await debianRoot();
  const bin = await wrappers(root);
  const python = process.env.PYTHON ?? join(bin, "python3");
  const { stdout } = await run(python, ["-c", "import celery; print(celery.__version__)"]);
  say(`Celery ${stdout.trim()} and ${await rabbitmqVersion(root)}`);
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

/** Kept between runs; `make clean` removes it. */
async function debianRoot(): Promise<string> {
  const root = join(STATE_FOLDER, "cache", `debian-${SUITE}-compat`);
  if (existsSync(root)) return root;
  say(`Making a Debian 13 root with ${PACKAGES.slice(1, 3).join(" and ")} …`);
  const partial = `${root}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(STATE_FOLDER, "cache"), { recursive: true });
  const options = ["--quiet", "--variant=minbase", `--include=${PACKAGES.join(",")}`, SUITE, partial];
  await run("mmdebstrap", options, { maxBuffer: 64 * 1024 * 1024 });
  await rename(partial, root);
  return root;
}

async function rabbitmqVersion(root: string): Promise<string> {
  const { stdout } = await run("chroot", [root, "dpkg-query", "-W", "rabbitmq-server"]);
  return stdout.trim().replace(/\s+/, " ");
}

/**
 * Scripts that run Debian 13's programs in its root while /tmp, /proc, /dev and the work tree stay where they are. The
 * mounts are the script's own and end with it; the process keeps its pid.
 */
async function wrappers(root: string): Promise<string> {
  const bin = join(STATE_FOLDER, "compat/bin");
  await mkdir(bin, { recursive: true });
  const shared = [...new Set(["/proc", "/dev", "/tmp", tmpdir(), ROOT.replace(/\/$/, "")])];
  const mounts = shared.map((path) => `mkdir -p "${root}${path}"; mount --rbind "${path}" "${root}${path}"`).join("\n");
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const script = `#!/bin/sh
if [ -z "$PLO_COMPAT_INSIDE" ]; then PLO_COMPAT_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"; fi
unset PLO_COMPAT_INSIDE
here=$(pwd)
${mounts}
cp /etc/hosts /etc/resolv.conf "${root}/etc/"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
exec chroot "${root}" /bin/sh -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$here" ${program} "$@"
`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
  return bin;
}

compat().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
