import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { asError } from "../../celery/values.js";
import { CliError, EXIT_USAGE } from "../globals.js";

/**
 * A file's text; `-` reads standard input.
 * @throws CliError when it cannot be read
 */
export async function readText(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError(`${file} cannot be read: ${asError(cause).message}`, EXIT_USAGE, { cause });
  }
}
