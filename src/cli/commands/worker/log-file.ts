import { closeSync, openSync } from "node:fs";
import { asError } from "../../../celery/values.js";
import { CliError } from "../../globals.js";
import { EXIT_CANT_CREATE } from "./pid-file.js";

/**
 * Checks that lines can be added to a file, which is created; a folder that is missing is not, as in Celery: it is more
 * often a slip of the pen than a wish.
 *
 * @throws CliError
 */
export function checkLogFile(path: string): void {
  try {
    closeSync(openSync(path, "a"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "its folder does not exist: create it first" : asError(error).message;
    throw new CliError(`-f ${path}: the log file cannot be opened: ${reason}`, EXIT_CANT_CREATE);
  }
}
