import { JobInputError } from "../../jobs/errors.js";
import { PokerError } from "../../poker/errors.js";
import { parseRange } from "../../poker/ranges/parse-range.js";
import { RAKE_KEYS } from "../chips-input.js";
import { refuseUnknownKeys } from "../unknown-keys.js";
import {
  ENTRY_KEYS,
  HISTORY_KEYS,
  IGNORED_SOLVER_KEYS,
  RANGE_KEYS,
  type SolverInputData,
  solverInputSchema,
} from "./input-schema.js";
import { LOCK_KEYS } from "./read-locks.js";
import type { SolverInput } from "./solver-input.js";

/** @throws JobInputError for a key that nobody would read */
export function refuseUnknown(data: SolverInputData): void {
  refuseUnknownKeys(data, { known: Object.keys(solverInputSchema.shape), ignored: IGNORED_SOLVER_KEYS });
  if (data.rake) refuseUnknownKeys(data.rake, RAKE_KEYS, "rake");
  data.locks?.forEach((lock, i) => {
    refuseUnknownKeys(lock, LOCK_KEYS, `locks[${i}]`);
  });
  data.betting_history?.forEach((entry, i) => {
    if (!Array.isArray(entry)) refuseUnknownKeys(entry, HISTORY_KEYS, `betting_history[${i}]`);
  });
  for (const [player, range] of Object.entries(data.player_ranges ?? {})) {
    const place = `player_ranges.${player}`;
    if (typeof range !== "object" || range === null) continue;
    if (!Array.isArray(range)) refuseUnknownKeys(range, RANGE_KEYS, place);
    (Array.isArray(range) ? range : range.hands).forEach((entry, i) => {
      if (typeof entry === "object" && !Array.isArray(entry)) refuseUnknownKeys(entry, ENTRY_KEYS, `${place}[${i}]`);
    });
  }
}

/**
 * Ranges of players who have folded are not used, which is said; others name nobody.
 * @throws JobInputError for a range of a player who is not there
 */
export function checkRangePlayers(data: SolverInputData, activePlayers: readonly number[]): string[] {
  const unused: string[] = [];
  for (const key of Object.keys(data.player_ranges ?? {})) {
    if (!/^\d+$/.test(key)) throw new JobInputError(`player_ranges: ${JSON.stringify(key)} is not a player id`);
    const player = Number(key);
    if (activePlayers.includes(player)) continue;
    if (player >= data.stack_sizes.length) {
      throw new JobInputError(
        `player_ranges.${key}: there is no player ${key}: active_players are [${activePlayers.join(", ")}]`,
      );
    }
    unused.push(`the range of player ${player} is not used: he is not one of active_players`);
  }
  return unused;
}

/** Longer notation is read by the thread that lists the range. */
const MOST_LETTERS_READ_HERE = 5000;

/** @throws JobInputError for notation that cannot be read */
export function checkNotation(range: SolverInput["ranges"][number], handSize: number, place: string): void {
  for (const part of range ?? []) {
    if (part.kind !== "notation" || part.text.length > MOST_LETTERS_READ_HERE) continue;
    try {
      parseRange(part.text, handSize);
    } catch (error) {
      if (!(error instanceof PokerError)) throw error;
      throw new JobInputError(`${place}: ${error.message}`, { cause: error });
    }
  }
}
