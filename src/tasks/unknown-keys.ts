import { nearest } from "../celery/values.js";
import { JobInputError } from "../jobs/errors.js";

/** Keys of an object of the input. */
export interface KnownKeys {
  readonly known: readonly string[];
  /** Keys that backends send and that say nothing a job goes by. */
  readonly ignored?: readonly string[];
}

/**
 * Refuses a key that nobody would read, so that no wish is dropped without a word. Keys that begin with `_` are comments.
 * @param place where the object stands in the input, such as `players[0]`; empty for the input itself
 * @throws JobInputError with the nearest key
 */
export function refuseUnknownKeys(object: object, { known, ignored = [] }: KnownKeys, place = ""): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key) || ignored.includes(key) || key.startsWith("_")) continue;
    const where = place === "" ? key : `${place}.${key}`;
    throw new JobInputError(
      `${where} is no key of this input: did you mean ${nearest(key, known)}? (a comment's key begins with _)`,
    );
  }
}
