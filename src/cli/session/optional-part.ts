import { CliError } from "../globals.js";

/**
 * Loads what an installation may come without.
 * @param absent says so, and what to do
 * @throws CliError of it when a module is missing
 */
export async function optionalPart<T>(load: () => Promise<T>, absent: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new CliError(absent, 1, { cause });
  }
}
