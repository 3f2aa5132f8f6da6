import { SolverInputError } from "../../errors.js";
import { type BettingState, chipScale, nextToAct, type Rake, roundChips, sameChips } from "../betting/betting-state.js";
import { type HistoryEntry, type RaiseReading, type RoundState, replayHistory } from "./betting-history.js";

/** What a job says of the betting; see docs/solver.md for the meaning of each field. */
export interface StateDescription {
  /** 0 preflop … 3 river. */
  readonly street: number;
  /** Players still in, in order of action on the street. */
  readonly activePlayers: readonly number[];
  readonly playerToAct: number;
  /** Chips behind by player id. */
  readonly stacks: readonly number[];
  /** All chips in the middle. */
  readonly pot: number;
  /** False when `pot` leaves out this street's bets. */
  readonly potIncludesBets: boolean;
  /** The bet to match on this street; null when only the history says. */
  readonly currentBet: number | null;
  readonly history: readonly HistoryEntry[];
  /** Chips put in on this street by player id; overrides what is derived. */
  readonly streetBets: readonly number[] | null;
  readonly bigBlind: number | null;
  /** Player who bet or raised last on the street before; null: whoever did by the history. */
  readonly lastAggressor: number | null;
  readonly rake?: Omit<Rake, "foldedBet">;
}

export interface RootState {
  readonly state: BettingState;
  /** Seat to act: an index into the order of action. */
  readonly toAct: number;
  /** Smallest opening bet on later streets. */
  readonly minBet: number;
  /** Seat that bet or raised last on the street before; -1: nobody who is still in, or nobody knows. */
  readonly aggressor: number;
  /** Seat that acts first on later streets. */
  readonly firstLater: number;
  /** What had to be assumed, one sentence each. */
  readonly assumptions: readonly string[];
}

const READINGS: readonly RaiseReading[] = ["total", "added", "raised-by"];
const READING_TEXT: Readonly<Record<RaiseReading, string>> = {
  total: "the player's total on the street",
  added: "the chips added",
  "raised-by": "the amount on top of the bet faced",
};
const MAX_CHIPS = 1e12;

function checkNumbers(description: StateDescription): void {
  const { activePlayers, stacks, pot, playerToAct } = description;
  if (activePlayers.length < 2) throw new SolverInputError("active_players needs at least two players");
  if (new Set(activePlayers).size !== activePlayers.length)
    throw new SolverInputError("a player stands twice in active_players");
  for (const player of activePlayers) {
    const stack = stacks[player];
    if (stack === undefined)
      throw new SolverInputError(`active_players names player ${player}, but stack_sizes has ${stacks.length} entries`);
    if (!(stack >= 0 && stack <= MAX_CHIPS)) throw new SolverInputError(`the stack of player ${player} is ${stack}`);
  }
  if (!activePlayers.includes(playerToAct)) {
    throw new SolverInputError(
      `player_position ${playerToAct} is not one of active_players [${activePlayers.join(", ")}]`,
    );
  }
  if (!(pot > 0 && pot <= MAX_CHIPS)) throw new SolverInputError(`pot_size must be positive, got ${pot}`);
}

/** Replays the history under the reading of raise sizes that agrees with `current_bet`. */
function readHistory(description: StateDescription, assumptions: string[]): RoundState {
  const { history, activePlayers, currentBet } = description;
  let problem: SolverInputError | null = null;
  for (const reading of READINGS) {
    try {
      const round = replayHistory(history, activePlayers, reading);
      if (currentBet === null || sameChips(round.level, currentBet) || !round.started) {
        if (reading !== "total") assumptions.push(`amounts of raises in betting_history are ${READING_TEXT[reading]}`);
        return round;
      }
      problem ??= new SolverInputError(
        `current_bet is ${currentBet}, but betting_history leaves a bet of ${round.level}`,
      );
    } catch (error) {
      if (!(error instanceof SolverInputError)) throw error;
      problem ??= error;
    }
  }
  throw problem ?? new SolverInputError("betting_history cannot be read");
}

/** Preflop without a history: the last player in order posted the big blind, the one before the small blind. */
function assumeBlinds(description: StateDescription, level: number, assumptions: string[]): Map<number, number> {
  const { activePlayers, pot, potIncludesBets } = description;
  const bigBlind = activePlayers.at(-1) ?? 0;
  const smallBlind = activePlayers.at(-2) ?? 0;
  const small = potIncludesBets ? roundChips(Math.max(0, Math.min(level, pot - level)), chipScale(pot)) : level / 2;
  assumptions.push(
    `player ${bigBlind} has posted ${level}, player ${smallBlind} ${small}: the last two in order of action are taken for the blinds`,
  );
  return new Map([
    [bigBlind, level],
    [smallBlind, small],
  ]);
}

interface Betting {
  readonly bets: ReadonlyMap<number, number>;
  readonly actedLevel: ReadonlyMap<number, number>;
  readonly settled: ReadonlySet<number>;
  readonly minRaise: number;
  readonly raises: number;
}

/** A street without recorded actions: who bet and who checked is deduced from the order of action. */
function deduceBetting(description: StateDescription, level: number, assumptions: string[]): Betting {
  const { activePlayers, playerToAct, street } = description;
  const place = activePlayers.indexOf(playerToAct);
  const earlier = activePlayers.slice(0, place);
  const hasChips = (player: number): boolean => (description.stacks[player] ?? 0) > 0;
  if (level === 0) {
    const checked = earlier.filter(hasChips);
    if (checked.length > 0) assumptions.push(`${playerList(checked)} checked`);
    return {
      bets: new Map(),
      actedLevel: new Map(earlier.map((player) => [player, 0])),
      settled: new Set(earlier),
      minRaise: 0,
      raises: 0,
    };
  }
  if (street === 0) {
    return {
      bets: assumeBlinds(description, level, assumptions),
      actedLevel: new Map(),
      settled: new Set(),
      minRaise: level,
      raises: 0,
    };
  }
  const bettor = activePlayers[(place + activePlayers.length - 1) % activePlayers.length] ?? playerToAct;
  const checked = activePlayers
    .slice(0, activePlayers.indexOf(bettor))
    .filter((player) => player !== playerToAct || place < activePlayers.indexOf(bettor))
    .filter(hasChips);
  assumptions.push(`player ${bettor} bet ${level}${checked.length > 0 ? ` after ${playerList(checked)} checked` : ""}`);
  return {
    bets: new Map([[bettor, level]]),
    actedLevel: new Map([...checked.map((player): [number, number] => [player, 0]), [bettor, level]]),
    settled: new Set([bettor]),
    minRaise: level,
    raises: 0,
  };
}

function playerList(players: readonly number[]): string {
  return players.length === 1 ? `player ${players[0]}` : `players ${players.join(", ")}`;
}

function explicitBets(description: StateDescription, level: number): Map<number, number> {
  const { streetBets, activePlayers } = description;
  const bets = new Map((streetBets ?? []).map((bet, player) => [player, bet]));
  const highest = Math.max(0, ...activePlayers.map((player) => bets.get(player) ?? 0));
  if (level > 0 && !sameChips(highest, level)) {
    throw new SolverInputError(`current_bet is ${level}, but the highest of street_bets is ${highest}`);
  }
  return bets;
}

/**
 * The betting state a job describes, with its seats in order of action.
 *
 * @throws SolverInputError when the fields contradict each other or leave nothing to decide.
 */
export function rootState(description: StateDescription): RootState {
  checkNumbers(description);
  const assumptions: string[] = [];
  const { activePlayers, stacks, potIncludesBets, playerToAct, street, streetBets } = description;
  const round = readHistory(description, assumptions);
  const level = round.started || round.level > 0 ? round.level : (description.currentBet ?? 0);
  const posted = !round.started && round.level > 0;
  const betting: Betting = round.started || posted ? round : deduceBetting(description, level, assumptions);
  const bets = streetBets ? explicitBets(description, level) : betting.bets;
  const scale = chipScale(description.pot);
  const seatBets = activePlayers.map((player) => roundChips(bets.get(player) ?? 0, scale));
  const inMiddle = seatBets.reduce((sum, bet) => sum + bet, 0);
  const pot = roundChips(description.pot + (potIncludesBets ? 0 : inMiddle), scale);
  if (inMiddle > pot && !sameChips(inMiddle, pot)) {
    throw new SolverInputError(
      `pot_size ${pot} includes the bets of this street and cannot be less than their sum ${inMiddle} ("pot_includes_bets": false if it does not include them)`,
    );
  }
  if (inMiddle > 0 && potIncludesBets)
    assumptions.push(`pot_size ${pot} includes the ${roundChips(inMiddle, scale)} bet on this street`);
  const bigBlind = description.bigBlind ?? (street === 0 && round.raises === 0 ? level : 0);
  const state: BettingState = {
    street,
    pot,
    bets: seatBets,
    stacks: activePlayers.map((player) => roundChips(stacks[player] ?? 0, scale)),
    folded: activePlayers.map(() => false),
    pending: activePlayers.map((player) => !betting.settled.has(player)),
    actedLevel: activePlayers.map((player) => betting.actedLevel.get(player) ?? -1),
    minRaise: Math.max(betting.minRaise, bigBlind),
    raises: betting.raises,
    scale,
    ...(description.rake ? { rake: { ...description.rake, foldedBet: foldedBet(description, bets) } } : {}),
  };
  const toAct = activePlayers.indexOf(playerToAct);
  checkTurn(state, toAct, description, round);
  const aggressor = activePlayers.indexOf(description.lastAggressor ?? round.lastAggressor ?? -1);
  const firstLater = firstAfterFlop(description, round, assumptions);
  return { state, toAct, minBet: bigBlind, aggressor, firstLater, assumptions };
}

/**
 * Seat that acts first on the flop and later. Two players preflop: the big blind before the button and those before it; the
 * small blind before the big blind where others were dealt in.
 */
function firstAfterFlop(
  { street, activePlayers, currentBet }: StateDescription,
  { posted, folded, started }: RoundState,
  assumptions: string[],
): number {
  if (street > 0 || activePlayers.length !== 2) return 0;
  const [first, second] = activePlayers;
  const assumed = !started && posted.size === 0 && (currentBet ?? 0) > 0;
  const blind = (player: number): boolean => assumed || posted.has(player);
  const seat = blind(second) && !(blind(first) && folded.size > 0) ? 1 : 0;
  assumptions.push(
    `after the flop player ${activePlayers[seat]} acts first${seat === 1 && blind(first) ? ": the small blind has the button" : ""}`,
  );
  return seat;
}

/** Largest bet on this street of a player who has folded. */
function foldedBet({ activePlayers }: StateDescription, bets: ReadonlyMap<number, number>): number {
  return [...bets].reduce((most, [player, bet]) => (activePlayers.includes(player) ? most : Math.max(most, bet)), 0);
}

function checkTurn(state: BettingState, toAct: number, description: StateDescription, round: RoundState): void {
  const { activePlayers, playerToAct } = description;
  if ((state.stacks[toAct] ?? 0) <= 0)
    throw new SolverInputError(`player ${playerToAct} is all-in and has nothing to decide`);
  const next = nextToAct(state, toAct);
  if (next < 0) throw new SolverInputError("the betting is over: nobody has a decision left on this street");
  if (next !== toAct) {
    throw new SolverInputError(
      `player_position is ${playerToAct}, but player ${activePlayers[next]} is to act after betting_history`,
    );
  }
  if (!round.started) return;
  const last = description.history.at(-1)?.player;
  const lastSeat = last === undefined ? -1 : activePlayers.indexOf(last);
  if (lastSeat < 0) return;
  const expected = nextToAct(state, lastSeat + 1);
  if (expected !== toAct) {
    throw new SolverInputError(
      `player_position is ${playerToAct}, but player ${activePlayers[expected]} is to act after betting_history`,
    );
  }
}
