import { choose } from "../../poker/combinatorics.js";
import { liveCards, type Seat, type SeatedDeal } from "../../poker/equity/deal.js";
import { type CountMethod, chooseMethod, costOfRun } from "../../poker/equity/method.js";
import { strataOf } from "../../poker/equity/monte-carlo.js";
import type { ShowdownShape } from "../../poker/equity/showdown-counts.js";
import type { RangeHands } from "../../poker/ranges/expand-range.js";
import type { Range } from "../../poker/ranges/range-tree.js";
import { isBlank, knownCards, type PlayerHand, type SpotInput } from "./spot-input.js";

/** One question with one answer: who sits where, and how it is counted. */
export interface Experiment {
  /** Which stream of random numbers it draws from. */
  readonly stream: number;
  readonly deal: SeatedDeal;
  readonly shape: ShowdownShape;
  readonly method: CountMethod;
  /** Runs asked for, should it be simulated. */
  readonly runs: number;
  /** Simulated runs that make a chunk. */
  readonly chunkRuns: number;
  /** Players whose share classes are kept by stratum. */
  readonly stratifiedPlayers: number;
  readonly targetStandardError: number | null;
  /** Boards, or pairs of boards, that can come. */
  readonly boardsEnumerated: number;
}

/** Everything a spot asks. The same experiment may stand in several places. */
export interface SpotPlan {
  /** All players against each other. */
  readonly actual: Experiment;
  /** `[player][board]`: each hand against random ones. */
  readonly estimated: readonly (readonly Experiment[])[];
}

/** A player's range is expanded for every experiment apart, because other cards are dead in each. */
export type HandsOfRange = (player: number, dead: readonly number[]) => RangeHands;

/** A range that some experiment needs, and the cards that its hands cannot hold there. */
export interface NeededRange {
  readonly player: number;
  readonly range: Range;
  readonly dead: readonly number[];
}

/** A seat that remembers whose it is; -1 for a random opponent. */
type PlayerSeat = Seat & { readonly player: number };
type SpotDeal = SeatedDeal & { readonly seats: readonly PlayerSeat[] };

const MS = 1e6;
/** Nanoseconds that an exact answer may cost although a simulation would be cheaper: to the main question … */
const ACTUAL_ALLOWANCE = 400 * MS;
/** … and to all the estimates together. */
const ESTIMATED_ALLOWANCE = 160 * MS;
const CHUNK = 15 * MS;
/** Largest table of share classes by stratum. */
const MOST_STRATUM_CELLS = 20_000;

/** The ranges that {@link planSpot} will ask for. */
export function neededRanges(input: SpotInput): NeededRange[] {
  const { actual, estimated } = deadCards(input);
  return input.players.flatMap(({ hand }, player) =>
    isRange(hand) ? [actual, ...estimated].map((dead) => ({ player, range: hand.range, dead })) : [],
  );
}

/** Lays out the experiments of a spot. */
export function planSpot(input: SpotInput, handsOfRange: HandsOfRange): SpotPlan {
  const { handSize, players, boards, folded, randomOpponents } = input;
  const known = new Map<string, Experiment>();
  const plan = (stream: number, deal: SpotDeal, tracked: number, allowance: number): Experiment => {
    const key = JSON.stringify([deal.seats.map(describeSeat), deal.boards]);
    const existing = known.get(key);
    if (existing !== undefined) return existing;
    const experiment = makeExperiment(input, stream, deal, { tracked, withNextCard: stream === 0, allowance });
    known.set(key, experiment);
    return experiment;
  };
  const seat = (player: number, dead: readonly number[]): PlayerSeat => {
    const hand = players[player]?.hand;
    if (isRange(hand)) return { kind: "range", hands: handsOfRange(player, dead), player };
    return { kind: "cards", known: hand === undefined ? [] : knownCards(hand), player };
  };
  const random: PlayerSeat = { kind: "cards", known: [], player: -1 };

  const dead = deadCards(input);
  const seats = players.map((_, player) => seat(player, dead.actual));
  const opponents = players.length === 1 ? [random] : [];
  const actual = plan(
    0,
    { handSize, seats: [...seats, ...opponents], boards, dead: folded },
    players.length,
    ACTUAL_ALLOWANCE,
  );
  const estimated = players.map((_, player) =>
    boards.map((board, b) => {
      const hero = seat(player, dead.estimated[b] ?? []);
      const others = new Array<PlayerSeat>(randomOpponents).fill(random);
      const deal = { handSize, seats: [hero, ...others], boards: [board], dead: folded };
      return plan(1 + player * 2 + b, deal, 1, ESTIMATED_ALLOWANCE / (players.length * boards.length));
    }),
  );
  return { actual, estimated };
}

function isRange(hand: PlayerHand | undefined): hand is Extract<PlayerHand, { kind: "range" }> {
  return hand?.kind === "range" && !isBlank(hand);
}

/** Cards that no range holds: in the question of all players, and in the estimates on each board. */
function deadCards({ players, boards, folded }: SpotInput): {
  readonly actual: readonly number[];
  readonly estimated: readonly (readonly number[])[];
} {
  const inPlay = players.flatMap(({ hand }) => knownCards(hand));
  return {
    actual: [...inPlay, ...boards.flat(), ...folded],
    estimated: boards.map((board) => [...board, ...folded]),
  };
}

function makeExperiment(
  { runs, targetStandardError }: SpotInput,
  stream: number,
  deal: SeatedDeal,
  options: { readonly tracked: number; readonly withNextCard: boolean; readonly allowance: number },
): Experiment {
  const method = chooseMethod(deal, runs, options.allowance);
  const strata = strataOf(deal);
  const cells = strata * options.tracked * (deal.seats.length + 1);
  const nextCard = deal.boards.map((board) => options.withNextCard && (board.length === 3 || board.length === 4));
  const stratified = strata > 1 && cells <= MOST_STRATUM_CELLS;
  return {
    stream,
    deal,
    shape: { players: deal.seats.length, nextCard },
    method,
    runs,
    chunkRuns: chunkRuns(deal, stratified ? strata : 1),
    stratifiedPlayers: stratified ? options.tracked : 0,
    targetStandardError,
    boardsEnumerated: countBoards(deal),
  };
}

/** Whole rounds through the strata, so that each gets the same number of runs. */
function chunkRuns(deal: SeatedDeal, strata: number): number {
  return Math.max(1, Math.round(CHUNK / costOfRun(deal) / strata)) * strata;
}

function countBoards(deal: SeatedDeal): number {
  let live = liveCards(deal).length;
  let boards = 1;
  for (const board of deal.boards) {
    boards *= choose(live, 5 - board.length);
    live -= 5 - board.length;
  }
  return boards;
}

/** Tells seats apart: a range by the player whose it is. */
function describeSeat(seat: PlayerSeat): unknown {
  return seat.kind === "range" ? { rangeOf: seat.player } : seat.known;
}

/** True when the experiment's numbers are exact. */
export const isExact = (experiment: Experiment): boolean => experiment.method.kind !== "monte-carlo";
