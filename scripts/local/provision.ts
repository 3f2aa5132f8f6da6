import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { findPgbouncer } from "./pgbouncer.js";
import { findPostgresBin } from "./postgres.js";
import { findRabbitmqServer } from "./rabbitmq.js";
import { findRedisServer } from "./redis.js";

const run = promisify(execFile);

/**
 * What a script may need from the system. `celery` is Python Celery; `backend` what the example backend imports; `results` what
 * Celery's redis and database result backends import.
 */
export type ServiceName =
  | "rabbitmq"
  | "postgres"
  | "pgbouncer"
  | "redis"
  | "chromium"
  | "prometheus"
  | "celery"
  | "backend"
  | "results";

interface Need {
  readonly title: string;
  readonly packages: readonly string[];
  present(): Promise<boolean>;
}

export const PROMETHEUS = "/usr/bin/prometheus";
export const PROMTOOL = "/usr/bin/promtool";

/** What every script that speaks to Python Celery imports. */
const CELERY_MODULES = ["celery"];
/** What examples/backend imports. */
export const BACKEND_MODULES = ["celery", "flask", "psycopg2", "sqlalchemy"];
/** What Celery's result backends and serializers import. */
export const RESULT_MODULES = ["celery", "redis", "psycopg2", "sqlalchemy", "yaml"];

const NEEDS: Record<ServiceName, Need> = {
  rabbitmq: {
    title: "RabbitMQ",
    packages: ["rabbitmq-server"],
    present: async () => findRabbitmqServer() !== undefined,
  },
  postgres: { title: "PostgreSQL", packages: ["postgresql"], present: async () => findPostgresBin() !== undefined },
  pgbouncer: { title: "PgBouncer", packages: ["pgbouncer"], present: async () => findPgbouncer() !== undefined },
  redis: { title: "Redis", packages: ["redis-server"], present: async () => findRedisServer() !== undefined },
  chromium: { title: "Chromium", packages: ["chromium"], present: async () => findChromium() !== undefined },
  prometheus: {
    title: "Prometheus and promtool",
    packages: ["prometheus"],
    present: async () => existsSync(PROMETHEUS) && existsSync(PROMTOOL),
  },
  celery: {
    title: "Python Celery",
    packages: ["python3-celery"],
    present: async () => (await findPython(CELERY_MODULES)) !== undefined,
  },
  backend: {
    title: "Python Celery with Flask, psycopg2 and SQLAlchemy",
    packages: ["python3-celery", "python3-flask", "python3-psycopg2", "python3-sqlalchemy"],
    present: async () => (await findPython(BACKEND_MODULES)) !== undefined,
  },
  results: {
    title: "Python Celery with its Redis and SQLAlchemy result backends",
    packages: ["python3-celery", "python3-redis", "python3-psycopg2", "python3-sqlalchemy", "python3-yaml"],
    present: async () => (await findPython(RESULT_MODULES)) !== undefined,
  },
};

/**
 * Makes sure that everything named is installed, through apt where this user may.
 *
 * @throws Error with the command to run when something is missing and cannot be installed.
 */
export async function provision(
  names: readonly ServiceName[],
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const missing = await missingNeeds(names);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((name) => NEEDS[name].packages))];
  await install(packages, titles(missing), log);
  const still = await missingNeeds(missing);
  if (still.length > 0) throw new Error(`apt installed ${packages.join(", ")}, yet not found: ${titles(still)}`);
}

function titles(names: readonly ServiceName[]): string {
  return names.map((name) => NEEDS[name].title).join(", ");
}

/** The same for single Debian packages; `present` says which are there. */
export async function installPackages(
  packages: readonly string[],
  present: (name: string) => boolean,
  log: (line: string) => void,
): Promise<void> {
  const missing = packages.filter((name) => !present(name));
  if (missing.length > 0) await install(missing, missing.join(", "), log);
}

async function install(packages: readonly string[], what: string, log: (line: string) => void): Promise<void> {
  const root = rootCommand();
  if (root === undefined) {
    throw new Error(
      `Not installed: ${what}. This user may not install packages; run:\n  sudo apt-get install -y ${packages.join(" ")}`,
    );
  }
  log(`Installing ${packages.join(", ")} …`);
  await aptInstall(root, packages, log);
}

async function missingNeeds(names: readonly ServiceName[]): Promise<ServiceName[]> {
  const present = await Promise.all(names.map((name) => NEEDS[name].present()));
  return names.filter((_, index) => !present[index]);
}

/** The browser that tests drive; the variable CHROMIUM names another one. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((file) =>
    existsSync(file),
  );
}

/** The Python that can import Celery: the first on PATH is often another one than the system's. */
export async function findPython(modules: readonly string[] = CELERY_MODULES): Promise<string | undefined> {
  const candidates = [process.env.PYTHON, "/usr/bin/python3", "python3"].filter((name) => name !== undefined);
  for (const python of candidates) {
    try {
      await run(python, ["-c", `import ${modules.join(", ")}`], { timeout: 30_000 });
      return python;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

/** Prefix that makes a command run as root; undefined when there is no way, or no apt. */
function rootCommand(): readonly string[] | undefined {
  if (!existsSync("/usr/bin/apt-get")) return undefined;
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : undefined;
}

/**
 * Debian starts a service, and makes a PostgreSQL cluster, the moment the package is installed. These two files stop that
 * for the time of the installation; a file that was there before is left alone.
 */
const QUIET = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then printf '#!/bin/sh\\nexit 101\\n' >$policy; chmod 755 $policy; made_policy=1; fi
cluster=/etc/postgresql-common/createcluster.d/plosolver-no-cluster.conf
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p "\${cluster%/*}"; echo 'create_main_cluster = false' >"$cluster"; made_cluster=1
fi
end() { [ -z "$made_policy" ] || rm -f $policy; [ -z "$made_cluster" ] || rm -f "$cluster"; }
trap end EXIT
`;

async function aptInstall(
  root: readonly string[],
  packages: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  const options = "-q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 -o Acquire::http::Timeout=30";
  const install = `apt-get ${options} install -y --no-install-recommends -o Dpkg::Use-Pty=0 ${packages.join(" ")}`;
  const update = `apt-get ${options} update || true`;
  // systemd would start an enabled service at the next boot; nobody asked for that.
  const disable =
    "if [ -d /run/systemd/system ]; then systemctl disable rabbitmq-server redis-server postgresql pgbouncer prometheus 2>/dev/null || true; fi";
  const steps = aptListsAreOld() ? `${update}\n${install}` : `${install} || { ${update}; ${install}; }`;
  const [command, ...args] = [
    ...root,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "sh",
    "-c",
    `${QUIET}\n${steps}\n${disable}`,
  ];
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  const keep = (data: Buffer) => output.push(data.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) {
    log(output.join(""));
    throw new Error(`apt-get could not install ${packages.join(", ")} (exit code ${code})`);
  }
}

/** True when there are no package lists, or only ones older than a day. */
function aptListsAreOld(): boolean {
  try {
    const folder = "/var/lib/apt/lists";
    const lists = readdirSync(folder).filter((name) => name.includes("_Packages"));
    const newest = Math.max(0, statSync(folder).mtimeMs, ...lists.map((name) => statSync(`${folder}/${name}`).mtimeMs));
    return lists.length === 0 || Date.now() - newest > 24 * 3600 * 1000;
  } catch {
    return true;
  }
}
