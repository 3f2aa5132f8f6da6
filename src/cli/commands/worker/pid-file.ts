import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { asError } from "../../../celery/values.js";
import { CliError } from "../../globals.js";

/** sysexits.h: an output file cannot be created. */
export const EXIT_CANT_CREATE = 73;

/** A pid file holds a number; whatever is longer is somebody else's file. */
const LONGEST_CONTENT = 32;

/** What file systems answer that have no hard links. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** Attempts when other processes take away or create the file at the same moment. */
const ATTEMPTS = 5;

/**
 * Writes this process's id into a new file that is removed when the process ends. The file of a process that is gone is
 * replaced; whatever else has the name (a link, another file) is left alone.
 *
 * @throws CliError when the file names a process that lives, is no pid file, or cannot be created
 */
export function createPidFile(name: string): void {
  const path = resolve(name);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path)) {
      process.on("exit", () => remove(path));
      return;
    }
    removeStale(path);
  }
  throw cannot(path, "other processes create it at the same time");
}

/** Makes the file in one step, with its content in it. @returns false when the name is taken */
function create(path: string): boolean {
  const temporary = `${path}.${randomUUID()}`;
  // Exclusive creation follows no link, and a link never replaces what has its name.
  const exclusive = { flag: "wx", mode: 0o644 };
  const content = `${process.pid}\n`;
  try {
    writeFileSync(temporary, content, exclusive);
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (!NO_LINKS.has((error as NodeJS.ErrnoException).code)) throw error;
      writeFileSync(path, content, exclusive);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cannot(path, asError(error).message);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function removeStale(path: string): void {
  const found = look(path);
  if (found === null) return;
  if (found.pid !== null && found.pid !== process.pid && isAlive(found.pid))
    throw new CliError(
      `Pidfile (${path}) already exists.\nSeems we're already running? (pid: ${found.pid})`,
      EXIT_CANT_CREATE,
    );
  // Somebody else may have replaced the stale file since: theirs stays.
  if (look(path)?.inode === found.inode) rmSync(path, { force: true });
}

/** Removes the file if it is still ours. */
function remove(path: string): void {
  try {
    if (look(path)?.pid === process.pid) unlinkSync(path);
  } catch {
    // Not ours any more.
  }
}

/**
 * What has the name; null when nothing has. A blank file counts as one of a process that is gone.
 * @throws CliError for anything but a file that holds one number
 */
function look(path: string): { readonly inode: number; readonly pid: number | null } | null {
  let file: number;
  try {
    if (lstatSync(path).isSymbolicLink()) throw foreign(path, "it is a symbolic link");
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof CliError) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw cannot(path, asError(error).message);
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw foreign(path, "it is no ordinary file");
    const buffer = Buffer.alloc(LONGEST_CONTENT + 1);
    const text = buffer.toString("utf8", 0, readSync(file, buffer));
    if (!/^\s*\d*\s*$/.test(text) || text.length > LONGEST_CONTENT) throw foreign(path, "it holds no process id");
    const pid = Number(text);
    return { inode: status.ino, pid: pid > 0 ? pid : null };
  } finally {
    closeSync(file);
  }
}

function foreign(path: string, why: string): CliError {
  return new CliError(`Pidfile (${path}) exists and is not replaced: ${why}. Give another name.`, EXIT_CANT_CREATE);
}

function cannot(path: string, why: string): CliError {
  return new CliError(`Pidfile (${path}) cannot be created: ${why}`, EXIT_CANT_CREATE);
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
