import { SolverInputError } from "../../errors.js";
import { sameChips } from "../betting/betting-state.js";

export type HistoryType = "fold" | "check" | "call" | "bet" | "raise" | "all-in" | "post";

export interface HistoryEntry {
  readonly player: number;
  readonly type: HistoryType;
  /** Chips, or null when the history has none. */
  readonly amount: number | null;
}

/** How a history states the size of raises and all-ins. */
export type RaiseReading = "total" | "added" | "raised-by";

/** Where the present betting round stands after a history. */
export interface RoundState {
  /** Chips put in on this street, by player id. */
  readonly bets: ReadonlyMap<number, number>;
  readonly folded: ReadonlySet<number>;
  /** Players who posted a blind on this street. */
  readonly posted: ReadonlySet<number>;
  /** Players who have acted on this street, with the level they faced or made. */
  readonly actedLevel: ReadonlyMap<number, number>;
  /** Players who owe no action now: they acted since the last bet or raise. */
  readonly settled: ReadonlySet<number>;
  readonly level: number;
  readonly minRaise: number;
  readonly raises: number;
  /** False when no entry belongs to the present street. */
  readonly started: boolean;
  /** Player who bet or raised last on the street before; null: nobody did, or the history does not hold it. */
  readonly lastAggressor: number | null;
}

class Round {
  readonly bets = new Map<number, number>();
  readonly actedLevel = new Map<number, number>();
  readonly settled = new Set<number>();
  readonly posted = new Set<number>();
  level = 0;
  minRaise = 0;
  raises = 0;
  started = false;
  /** Player who bet or raised last. */
  aggressor: number | null = null;

  bet(player: number): number {
    return this.bets.get(player) ?? 0;
  }

  /** Puts a player's total on the street to `to`. */
  raiseTo(player: number, to: number): void {
    const by = to - this.level;
    if (this.level > 0) this.raises++;
    // A short all-in does not set a new minimum, and counts for those who acted as what they faced before.
    if (by >= this.minRaise) this.minRaise = by;
    this.level = to;
    this.bets.set(player, to);
    this.aggressor = player;
    this.settled.clear();
  }

  act(player: number): void {
    this.started = true;
    this.settled.add(player);
    this.actedLevel.set(player, this.level);
  }

  /** Everyone still in has acted since the last raise. */
  closed(players: Iterable<number>): boolean {
    if (!this.started) return false;
    for (const player of players) if (!this.settled.has(player)) return false;
    return true;
  }
}

function raiseTotal(entry: HistoryEntry, round: Round, reading: RaiseReading, place: string): number {
  if (entry.amount === null) throw new SolverInputError(`${place}: the size of this ${entry.type} is missing`);
  const own = round.bet(entry.player);
  // A bet opens the round, so all readings agree on it unless a blind was posted.
  if (reading === "total") return entry.amount;
  return reading === "added" ? own + entry.amount : round.level + entry.amount;
}

function applyEntry(round: Round, entry: HistoryEntry, reading: RaiseReading, place: string): void {
  const own = round.bet(entry.player);
  switch (entry.type) {
    case "post": {
      const to = own + (entry.amount ?? 0);
      round.bets.set(entry.player, to);
      round.posted.add(entry.player);
      if (to > round.level) {
        round.level = to;
        round.minRaise = to;
      }
      return;
    }
    case "fold":
      round.started = true;
      return;
    case "check":
      if (round.level > own) throw new SolverInputError(`${place}: player ${entry.player} checks facing a bet`);
      break;
    case "call": {
      if (!(round.level > own))
        throw new SolverInputError(`${place}: player ${entry.player} calls and there is no bet`);
      const short = entry.amount !== null && own + entry.amount < round.level && entry.amount < round.level;
      round.bets.set(entry.player, short ? Math.max(own, own + (entry.amount ?? 0)) : round.level);
      break;
    }
    case "bet":
    case "raise":
    case "all-in": {
      const to = raiseTotal(entry, round, reading, place);
      if (!(to > own)) throw new SolverInputError(`${place}: a ${entry.type} to ${to} adds no chips`);
      if (to > round.level && !sameChips(to, round.level)) round.raiseTo(entry.player, to);
      else if (entry.type === "all-in") round.bets.set(entry.player, to);
      else throw new SolverInputError(`${place}: a ${entry.type} to ${to} does not exceed the bet of ${round.level}`);
    }
  }
  round.act(entry.player);
}

/**
 * Plays a history through and returns the round that is open at its end. A history may hold earlier streets too: a
 * round ends when everyone still in has acted since its last bet or raise, and the next entry opens the next street.
 *
 * @param active players still in now.
 * @throws SolverInputError naming the entry that cannot have happened.
 */
export function replayHistory(
  history: readonly HistoryEntry[],
  active: readonly number[],
  reading: RaiseReading,
): RoundState {
  const inHand = new Set([...active, ...history.map((entry) => entry.player)]);
  const folded = new Set<number>();
  let round = new Round();
  let lastAggressor: number | null = null;
  const nextRound = (): void => {
    lastAggressor = round.aggressor;
    round = new Round();
  };
  history.forEach((entry, index) => {
    const place = `betting_history[${index}]`;
    if (folded.has(entry.player)) throw new SolverInputError(`${place}: player ${entry.player} has folded before`);
    if (round.closed(inHand)) nextRound();
    applyEntry(round, entry, reading, place);
    if (entry.type === "fold") {
      if (active.includes(entry.player)) {
        throw new SolverInputError(`${place}: player ${entry.player} folds and is in active_players`);
      }
      folded.add(entry.player);
      inHand.delete(entry.player);
    }
  });
  if (round.closed(inHand)) nextRound();
  const { bets, actedLevel, settled, posted, level, minRaise, raises, started } = round;
  return { bets, folded, posted, actedLevel, settled, level, minRaise, raises, started, lastAggressor };
}
