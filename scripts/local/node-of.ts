import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

/** Where npm's own program lies beside a node, and where Debian keeps it. */
const NPM = [
  resolve(dirname(process.execPath), "../lib/node_modules/npm/bin/npm-cli.js"),
  "/usr/share/nodejs/npm/bin/npm-cli.js",
];

/** Path of a Node of this major version: this one, or one that npm's registry has as a package. */
export async function nodeOf(major: string, folder: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const prefix = join(folder, `node-${major}`);
  mkdirSync(prefix, { recursive: true });
  const name = `node-${process.platform}-${process.arch}`;
  const args = ["install", "--prefix", prefix, "--no-audit", "--no-fund", `${name}@${major}`];
  await promisify(execFile)("npm", args, { cwd: prefix });
  return join(prefix, "node_modules", name, "bin/node");
}

/** npm as a program for any node. @throws Error where it is kept elsewhere */
export function npmProgram(): string {
  const found = NPM.find((path) => existsSync(path));
  if (found === undefined) throw new Error("npm-cli.js is not where node and Debian keep it");
  return found;
}
