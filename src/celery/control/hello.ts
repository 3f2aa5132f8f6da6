import { MAX_ID_LENGTH } from "../limits.js";
import { isRecord } from "../protocol/json.js";
import { plainText } from "../protocol/wire-values.js";
import { PythonError } from "./command.js";
import type { ControlledWorker } from "./controlled-worker.js";

/** How long a revoked id lives at every worker. */
const REVOKES_EXPIRE_SECONDS = 10_800;

/** `{id: [seconds, id]}`: Celery's own form, the seconds by the host's monotonic clock. */
export type RevokedTable = Record<string, [seconds: number, id: string]>;

/** What a worker answers to one that starts. */
export interface HelloReply {
  readonly revoked: RevokedTable;
  readonly clock: number;
}

/** The worker's side of a hello: takes over the other's revoked ids and gives its own; null to itself. */
export function helloReply(worker: ControlledWorker, fromNode: unknown, revoked: unknown): HelloReply | null {
  if (fromNode === worker.nodename) return null;
  worker.log.info(`sync with ${plainText(fromNode).slice(0, MAX_ID_LENGTH)}`);
  worker.learnRevoked(readRevoked(revoked));
  return { revoked: revokedTable(worker.revoked()), clock: worker.clock.forward() };
}

/** @param entries ids with the time they were revoked, in epoch milliseconds */
export function revokedTable(entries: readonly (readonly [id: string, atMs: number])[]): RevokedTable {
  const now = monotonicSeconds();
  return Object.fromEntries(entries.map(([id, atMs]) => [id, [asFloat(now - (Date.now() - atMs) / 1000), id]]));
}

/**
 * Reads what another worker sent: `{id: seconds}`, `{id: [seconds, id]}` or a list of ids. Monotonic clocks of two
 * hosts have nothing in common: a time that is none of ours counts as now.
 *
 * @returns id → epoch milliseconds
 * @throws PythonError for anything else, as Celery does
 */
export function readRevoked(value: unknown): Map<string, number> {
  if (value === null || value === undefined) return new Map();
  const now = Date.now();
  if (Array.isArray(value)) return new Map(value.map((id) => [plainText(id), now]));
  if (!isRecord(value)) throw new PythonError("ValueError", "revoked must be an object or a list of ids");
  return new Map(
    Object.entries(value).map(([id, entry]) => {
      const seconds: unknown = Array.isArray(entry) ? entry[0] : entry;
      if (typeof seconds !== "number") throw new PythonError("ValueError", `Expecting float timestamp for ${id}`);
      const age = monotonicSeconds() - seconds;
      return [id, age >= 0 && age <= REVOKES_EXPIRE_SECONDS ? now - age * 1000 : now];
    }),
  );
}

/** Python's `time.monotonic()`: the same clock on this host. */
function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A number that JSON writes with a fraction: Python refuses an integer here. */
function asFloat(seconds: number): number {
  return Number.isInteger(seconds) ? seconds + 1e-6 : seconds;
}
