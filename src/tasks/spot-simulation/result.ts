import { formatCard } from "../../poker/cards.js";
import { knownHands, type Seat } from "../../poker/equity/deal.js";
import { findOuts, type PlayerOuts } from "../../poker/equity/outs.js";
import { EQUITY, WINS_OR_SHARES } from "../../poker/equity/share-statistics.js";
import { evaluatorTables } from "../../poker/evaluator/tables.js";
import { describeRange } from "../../poker/ranges/describe-range.js";
import {
  boardStats,
  breakdownOf,
  estimate,
  estimateJoint,
  jointResults,
  nextCards,
  tiesByPlayers,
} from "./board-result.js";
import type { Outcome } from "./conduct.js";
import { isExact } from "./experiment.js";
import type { SpotResult } from "./result-schema.js";
import { isBlank, type PlayerHand, type SpotInput } from "./spot-input.js";

/** What was counted for a spot. */
export interface SpotOutcome {
  readonly actual: Outcome;
  /** `[player][board]` */
  readonly estimated: readonly (readonly Outcome[])[];
}

const SIDES = ["top", "bottom"] as const;
type Side = (typeof SIDES)[number];

/** `result_data`: one object for each player of the input. */
export function assembleResult(input: SpotInput, outcome: SpotOutcome): SpotResult[] {
  const { deal } = outcome.actual.experiment;
  const hands = knownHands(deal);
  const outs = hands && findOuts(evaluatorTables(), { hands, boards: deal.boards, dead: deal.dead });
  return input.players.map((_, player) => playerResult(input, outcome, player, outs?.[player]));
}

function playerResult(
  input: SpotInput,
  { actual, estimated }: SpotOutcome,
  player: number,
  outs: PlayerOuts | undefined,
): SpotResult {
  const errors: Record<string, number> = {};
  const entry = input.players[player];
  const ofBoards = input.boards.map((_, board) => {
    const experiment = estimated[player]?.[board];
    return experiment === undefined
      ? {}
      : boardFields(SIDES[board] ?? "top", actual, experiment, board, player, errors);
  });
  const both = input.boards.length === 2 ? bothFields(actual, player, errors) : {};
  const others = input.players.filter((_, other) => other !== player);
  const exact = isExact(actual.experiment);
  const equity = totalEquity(actual, player, errors);
  return {
    player_number: entry?.playerNumber ?? player + 1,
    ...cardsField(entry?.hand),
    ...rangeFields(entry?.hand, actual.experiment.deal.seats[player]),
    method: methodOf(actual),
    total_equity: equity,
    ...stakeFields(input, equity, errors),
    ...Object.assign({}, ...ofBoards),
    ...both,
    ...outFields(outs),
    ...nextCardFields(actual, player),
    simulation_runs: input.runs,
    simulated_runs: actual.runs,
    boards_enumerated: exact ? actual.experiment.boardsEnumerated : 0,
    known_opponents: others.filter(({ hand }) => !isBlank(hand)).length,
    random_opponents: input.randomOpponents,
    seed: input.seed,
    standard_error: errors,
  } as SpotResult;
}

const methodOf = ({ experiment }: Outcome) => (isExact(experiment) ? "exact" : "monte-carlo");

function cardsField(hand: PlayerHand | undefined): Pick<SpotResult, "cards" | "range"> {
  if (hand === undefined) return { cards: [] };
  if (hand.kind === "range") return { cards: [], range: hand.range.source };
  return { cards: hand.cards.map((card) => (card === null ? "" : formatCard(card))) };
}

/** How a range was read, and how many of its hands can be dealt. */
function rangeFields(hand: PlayerHand | undefined, seat: Seat | undefined): Partial<SpotResult> {
  if (hand?.kind !== "range") return {};
  const readAs = { range_read_as: describeRange(hand.range.root) };
  if (seat?.kind !== "range") return readAs;
  return { ...readAs, range_hands: seat.hands.different ?? seat.hands.count };
}

/** Fields of one board, with the side's name before them. Records the errors of its numbers. */
function boardFields(
  side: Side,
  actual: Outcome,
  estimated: Outcome,
  board: number,
  player: number,
  errors: Record<string, number>,
): object {
  const note = (name: string, { value, standardError }: { value: number; standardError: number }): number => {
    errors[name] = standardError;
    return value;
  };
  const opponents = (outcome: Outcome, hero: number): number[] =>
    [...outcome.experiment.deal.seats.keys()].filter((seat) => seat !== hero);
  const split = `split_${side}`;
  return {
    [`${side}_estimated_equity`]: note(`${side}_estimated_equity`, estimate(estimated, 0, 0, EQUITY)),
    [`${side}_actual_equity`]: note(`${side}_actual_equity`, estimate(actual, board, player, EQUITY)),
    [split]: note(split, estimate(actual, board, player, WINS_OR_SHARES)),
    [`${side}_detailed_stats`]: boardStats(estimated, 0, 0),
    [`${side}_estimated_method`]: methodOf(estimated),
    [`${side}_estimated_ties`]: tiesByPlayers(estimated, 0, 0),
    [`${side}_actual_ties`]: tiesByPlayers(actual, board, player),
    [`${side}_hand_breakdown`]: breakdownOf(estimated, 0, [0]),
    [`${side}_opponent_breakdown`]: breakdownOf(estimated, 0, opponents(estimated, 0)),
    [`${side}_actual_stats`]: boardStats(actual, board, player),
    [`${side}_actual_breakdown`]: breakdownOf(actual, board, [player]),
    [`${side}_actual_opponent_breakdown`]: breakdownOf(actual, board, opponents(actual, player)),
  };
}

const share = (shareClass: number): number => EQUITY(shareClass);
const shareOfPot = (top: number, bottom: number): number => (share(top) + share(bottom)) / 2;
/** Exact for any number of winners: both sides are multiplied out. */
const isPart = (top: number, bottom: number, quarters: number): boolean => {
  const [a, b] = [Math.max(top, 1), Math.max(bottom, 1)];
  return 2 * ((top === 0 ? 0 : b) + (bottom === 0 ? 0 : a)) === quarters * a * b;
};

function totalEquity(actual: Outcome, player: number, errors: Record<string, number>): number {
  const total =
    actual.experiment.deal.boards.length === 2
      ? estimateJoint(actual, player, shareOfPot)
      : estimate(actual, 0, player, EQUITY);
  errors.total_equity = total.standardError;
  return total.value;
}

/** What the player's part of the pot after rake is worth. @param errors with that of `equity` */
function stakeFields({ stake }: SpotInput, equity: number, errors: Record<string, number>): Partial<SpotResult> {
  if (stake === null) return {};
  const left = stake.pot - stake.rake;
  errors.ev = (errors.total_equity ?? 0) * left;
  return { ev: equity * left, pot_size: stake.pot, rake: stake.rake };
}

function bothFields(actual: Outcome, player: number, errors: Record<string, number>): object {
  const worths = {
    scoop_both_boards: (top: number, bottom: number) => (top === 1 && bottom === 1 ? 1 : 0),
    chop_both_boards: (top: number, bottom: number) => (top > 1 && bottom > 1 ? 1 : 0),
    quarter: (top: number, bottom: number) => (isPart(top, bottom, 1) ? 1 : 0),
    three_quarter: (top: number, bottom: number) => (isPart(top, bottom, 3) ? 1 : 0),
  };
  const fields = Object.entries(worths).map(([name, worth]) => {
    const { value, standardError } = estimateJoint(actual, player, worth);
    errors[name] = standardError;
    return [name, value] as const;
  });
  return { ...Object.fromEntries(fields), both_boards: jointResults(actual, player) };
}

function outFields(outs: PlayerOuts | undefined): object {
  const fields: Record<string, unknown> = {};
  outs?.split.forEach((cards, board) => {
    if (cards === undefined) return;
    fields[`split_${SIDES[board]}_outs`] = cards.length;
    fields[`split_${SIDES[board]}_out_cards`] = cards.map(formatCard);
  });
  for (const [name, deals] of [
    ["scoop_both", outs?.scoop],
    ["chop_both", outs?.chop],
  ] as const) {
    if (deals === undefined) continue;
    fields[`${name}_outs`] = deals.length;
    fields[`${name}_out_cards`] = deals.map((cards) => cards.map(formatCard));
  }
  return fields;
}

function nextCardFields(actual: Outcome, player: number): object {
  const tables = SIDES.map((side, board) => [side, nextCards(actual, board, player)] as const);
  const present = tables.filter(([, rows]) => rows !== undefined);
  return present.length === 0 ? {} : { equity_by_next_card: Object.fromEntries(present) };
}
