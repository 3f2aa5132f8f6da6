import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./state.js";

/**
 * Git's hash of `src` as it lies in the work tree: `git rev-parse HEAD:src` of a commit that holds just this. Null where there is
 * no git.
 */
export function sourceTree(): string | null {
  const folder = mkdtempSync(join(tmpdir(), "index-"));
  try {
    // An index of its own: what somebody has staged stays as it is.
    const env = { ...process.env, GIT_INDEX_FILE: join(folder, "index") };
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "ignore"] });
    const index = join(ROOT, git("rev-parse", "--git-path", "index").toString().trim());
    if (existsSync(index)) copyFileSync(index, env.GIT_INDEX_FILE);
    git("add", "--all", "src");
    return git("write-tree", "--prefix=src/").toString().trim();
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Which rooms of `src` differ between two trees, with how many files: `poker 12, web 3`. Null where git does not know one of them, as
 * in a clone without its past.
 */
export function roomsChanged(before: string, now: string): string | null {
  try {
    const command = ["diff-tree", "-r", "--name-only", before, now];
    const files = execFileSync("git", command, {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const counts = new Map<string, number>();
    for (const file of files.split("\n")) {
      const room = file.split("/", 1)[0] ?? file;
      counts.set(room, (counts.get(room) ?? 0) + 1);
    }
    return [...counts].map(([room, count]) => `${room} ${count}`).join(", ");
  } catch {
    return null;
  }
}
