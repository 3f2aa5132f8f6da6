import type { ResultBackend, ResultTarget, ResultTuple, State, StoredResult } from "./backend.js";

/** Options of {@link StoredBackend.waitFor}. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told of each state seen on the way, the last one included. States may be skipped. */
  readonly onState?: (result: StoredResult) => void;
}

/** A backend that keeps results where anyone can look them up by task id. */
export interface StoredBackend extends ResultBackend {
  readonly name: "redis" | "database";
  /** The stored state of a task; null when nothing is stored, which Celery calls PENDING. */
  get(taskId: string): Promise<StoredResult | null>;
  /** Resolves with the final state: SUCCESS, FAILURE or REVOKED. Survives restarts of the server. */
  waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult>;
  forget(taskId: string): Promise<void>;
  saveGroup(groupId: string, group: ResultTuple): Promise<void>;
  restoreGroup(groupId: string): Promise<ResultTuple | null>;
  deleteGroup(groupId: string): Promise<void>;
  /** Removes expired results: the work of `celery.backend_cleanup`. Does nothing where the server does it. */
  cleanup(): Promise<void>;
}

/**
 * What became of a chord when one of its header tasks ended:
 * - `waiting`: others are missing, or this is no counted chord
 * - `joined`: publish the body with `results`, then call `forgetChord`
 * - `failed`: store FAILURE with a ChordError of `reason` for the body and run its errbacks; `cause` is what the header
 *   task raised
 */
export type ChordOutcome =
  | { readonly kind: "waiting" }
  | { readonly kind: "joined"; readonly results: readonly unknown[] }
  | { readonly kind: "failed"; readonly reason: string; readonly cause?: Error };

/** A backend that counts the header tasks of chords itself. Without it a chord needs `celery.chord_unlock`. */
export interface ChordCounter {
  /** Says how many header tasks there are: whoever starts the chord calls it before it publishes them. */
  setChordSize(groupId: string, size: number): Promise<void>;
  /** One more header task, added while the chord runs (`Task.add_to_chord`). */
  addToChord(groupId: string): Promise<void>;
  /** Counts a header task that has reached a final state. `result` is as stored: errors are encoded. */
  completeChordPart(
    target: Pick<ResultTarget, "id" | "group" | "groupIndex">,
    status: State,
    result: unknown,
  ): Promise<ChordOutcome>;
  forgetChord(groupId: string): Promise<void>;
}

/** Whether results can be looked up in the backend. */
export function isStored(backend: ResultBackend): backend is StoredBackend {
  return backend.name === "redis" || backend.name === "database";
}

/** Whether the backend counts chords. */
export function isChordCounter(backend: ResultBackend): backend is StoredBackend & ChordCounter {
  return backend.name === "redis";
}
