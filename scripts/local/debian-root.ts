import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installPackages } from "./provision.js";
import { ROOT, STATE_FOLDER } from "./state.js";

const run = promisify(execFile);
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
/** Programs that the tests start by name or variable, and where Debian 13 has them. */
const PROGRAMS = {
  "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
  epmd: "/usr/bin/epmd",
  python3: "/usr/bin/python3",
};

/**
 * A root of Debian 13 with its RabbitMQ and Celery, made where there is none. Kept between runs; `make clean` removes it.
 *
 * @throws where this user is not root
 */
export async function debianRoot(say: (line: string) => void): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error("root is needed: it makes a Debian 13 root and enters it");
  await installPackages(["mmdebstrap"], (name) => existsSync(`/usr/bin/${name}`), say);
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

export async function debianRabbitmqVersion(root: string): Promise<string> {
  const { stdout } = await run("chroot", [root, "dpkg-query", "-W", "rabbitmq-server"]);
  return stdout.trim().replace(/\s+/, " ");
}

/**
 * Scripts that run Debian 13's programs in its root while /tmp, /proc, /dev and the work tree stay where they are. The
 * mounts are the script's own and end with it; the process keeps its pid.
 *
 * @returns their folder
 */
export async function debianPrograms(root: string): Promise<string> {
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
