import { decodeException, exceptionRepr } from "../protocol/exception.js";
import type { ResultTuple, StoredResult } from "./backend.js";
import type { ChordOutcome, StoredBackend } from "./stored.js";

/**
 * Waits for all members of a group, nested groups included, and gives their results in the group's own shape.
 *
 * @param timeoutSeconds for each member, as `result_chord_join_timeout`
 */
export async function joinGroup(
  backend: Pick<StoredBackend, "waitFor">,
  [, members]: ResultTuple,
  timeoutSeconds: number,
): Promise<ChordOutcome> {
  const results: unknown[] = [];
  for (const member of members ?? []) {
    if (member[1] !== null) {
      const nested = await joinGroup(backend, member, timeoutSeconds);
      if (nested.kind !== "joined") return nested;
      results.push(nested.results);
      continue;
    }
    const outcome = await waitForMember(backend, member[0][0], timeoutSeconds);
    if (outcome === null) return { kind: "failed", reason: "Join error: TimeoutError('The operation timed out.')" };
    if (outcome.status !== "SUCCESS") {
      const cause = decodeException(outcome.result);
      return { kind: "failed", reason: `Dependency ${outcome.taskId} raised ${exceptionRepr(cause)}`, cause };
    }
    results.push(outcome.result);
  }
  return { kind: "joined", results };
}

/** Null when the time is up. */
async function waitForMember(
  backend: Pick<StoredBackend, "waitFor">,
  taskId: string,
  timeoutSeconds: number,
): Promise<StoredResult | null> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    return await backend.waitFor(taskId, { signal });
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}
