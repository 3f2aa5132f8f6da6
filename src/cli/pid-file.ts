import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { CliError } from "./globals.js";

/** sysexits.h: an output file cannot be created. */
const EXIT_CANT_CREATE = 73;

/**
 * Writes this process's id into a file that is removed when the process ends. A file of a process that is gone is
 * replaced.
 *
 * @throws CliError when the file names a process that lives
 */
export function createPidFile(path: string): void {
  const owner = readPid(path);
  if (owner !== null && owner !== process.pid && isAlive(owner))
    throw new CliError(
      `Pidfile (${path}) already exists.\nSeems we're already running? (pid: ${owner})`,
      EXIT_CANT_CREATE,
    );
  writeFileSync(path, `${process.pid}\n`);
  process.on("exit", () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  });
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user lives too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
