import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, STATE_FOLDER } from "./state.js";

const run = promisify(execFile);

/** buildah with storage of its own, removed with the services' folder. */
export class Buildah {
  private readonly options: readonly string[];
  /** To run it with: what an interrupted buildah leaves in its temporary folder goes with the rest. */
  readonly env: NodeJS.ProcessEnv;

  constructor(folder: string) {
    this.env = { ...process.env, TMPDIR: folder };
    const [root, runroot] = [join(folder, "images"), join(folder, "images-run")];
    this.options = ["--storage-driver", "vfs", "--root", root, "--runroot", runroot];
  }

  async run(...args: string[]): Promise<string> {
    try {
      const options = { maxBuffer: 64 * 1024 * 1024, cwd: ROOT, env: this.env };
      return (await run("buildah", this.command(...args), options)).stdout.trim();
    } catch (error) {
      // The steps of a build print to stdout, buildah itself to stderr.
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      const output = `${stdout}\n${stderr}`;
      throw new Error(`buildah ${args[0]} failed:\n${output.split("\n").slice(-40).join("\n")}`, { cause: error });
    }
  }

  command(...args: string[]): string[] {
    return [...this.options, ...args];
  }
}

/** Debian and Node under the name the Dockerfile asks for: what the public image has, as far as the build uses it. */
export async function standInBase(buildah: Buildah, name: string, say: (line: string) => void): Promise<void> {
  const [, major, suite] = /^node:(\d+)-(\w+)-slim$/.exec(name) ?? [];
  if (major === undefined || suite === undefined) throw new Error(`no stand-in is known for the base image ${name}`);
  const [debian, node] = await Promise.all([debianRoot(suite, say), nodeFromNpm(major, say)]);
  const container = await buildah.run("from", "scratch");
  await buildah.run("add", container, debian, "/");
  await buildah.run("copy", container, node, "/usr/local/");
  // What lets this machine reach its package sources has to hold inside too.
  const certificates = "/etc/ssl/certs/ca-certificates.crt";
  await buildah.run("copy", container, certificates, certificates);
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  await buildah.run(
    "config",
    "--env",
    `PATH=${path}`,
    "--env",
    `NODE_EXTRA_CA_CERTS=${certificates}`,
    "--cmd",
    "node",
    container,
  );
  await buildah.run("commit", "--rm", container, `docker.io/library/${name}`);
}

/** A root file system of Debian as a tar file, kept between runs. */
async function debianRoot(suite: string, say: (line: string) => void): Promise<string> {
  const file = join(cacheFolder(), `debian-${suite}.tar`);
  if (existsSync(file)) return file;
  say(`Making a Debian ${suite} root with mmdebstrap …`);
  const partial = `${file}.partial.tar`;
  // libatomic1 is what Node's own binary needs beyond a minimal Debian.
  await run(
    "mmdebstrap",
    ["--quiet", "--variant=minbase", "--include=ca-certificates,libatomic1,libstdc++6", suite, partial],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  await rename(partial, file);
  return file;
}

/** A folder with bin/node and npm as under /usr/local, from the npm packages of these names; kept between runs. */
async function nodeFromNpm(major: string, say: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), `node-${major}`);
  if (existsSync(folder)) return folder;
  say(`Fetching Node ${major} as an npm package …`);
  const work = await mkdtemp(join(cacheFolder(), "node-"));
  try {
    const platform = `node-linux-${process.arch}@${major}`;
    const options = ["install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await run("npm", [...options, platform, "npm@11"], { cwd: work });
    const made = join(work, "made");
    await mkdir(join(made, "bin"), { recursive: true });
    await mkdir(join(made, "lib/node_modules"), { recursive: true });
    const modules = join(work, "node_modules");
    await copyFile(join(modules, platform.split("@")[0] ?? "", "bin/node"), join(made, "bin/node"));
    await rename(join(modules, "npm"), join(made, "lib/node_modules/npm"));
    for (const name of ["npm", "npx"]) {
      const script = `#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/${name}-cli.js "$@"\n`;
      await writeFile(join(made, "bin", name), script, { mode: 0o755 });
    }
    await rename(made, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

function cacheFolder(): string {
  const folder = join(STATE_FOLDER, "cache");
  mkdirSync(folder, { recursive: true });
  return folder;
}
