import { choose } from "../combinatorics.js";
import { handsPerSeat } from "./assignments.js";
import { blanksOf, knownHands, liveCards, type SeatedDeal } from "./deal.js";
import { completionsOfLists } from "./list-showdowns.js";

/** Ways to count a deal. Costs are nanoseconds of one thread, as bench/ measured them. */
export type CountMethod =
  | { readonly kind: "known"; readonly cost: number }
  /** `player` is the one with the known hand. */
  | { readonly kind: "versus-random"; readonly player: number; readonly cost: number }
  /** `hands`: how many the widest seat can hold. */
  | { readonly kind: "assignments"; readonly hands: number; readonly cost: number }
  /** As `assignments`, where each board waits for one card at most. */
  | { readonly kind: "late-boards"; readonly hands: number; readonly cost: number }
  /** Two lists of four-card hands on one board with `completions`. */
  | { readonly kind: "lists"; readonly completions: number; readonly cost: number }
  | { readonly kind: "monte-carlo"; readonly cost: number };

const MS = 1e6;
/** An exact answer may cost this many times what the simulation would. */
const WORTH = 2;
/** By cards to come, with a full deck. */
const VERSUS_RANDOM_COST = [0.1 * MS, 0.6 * MS, 14 * MS, 170 * MS, 1500 * MS, 11_000 * MS];
const VERSUS_RANDOM_FACTOR: Readonly<Record<number, number>> = { 4: 1, 5: 4, 6: 14 };
/** With four or five cards to come, a board of those that folded cards leave possible. */
const COST_OF_VERSUS_BOARD = 7000;
const COST_OF_GROUPS = 3 * MS;
/** Evaluating all pairs of hole cards on a board. */
const COST_OF_PAIRS = 8000;
/** A hand's value by its pairs, and counting it. */
const COST_OF_LOOKUP = 28;
/** Beside the hands: evaluating all pairs, and clearing what counts them. */
const COST_OF_SWEEP = 120_000;
const COST_OF_SHOWDOWN = 30;
/** Factor of an evaluation with 6, 10 or 15 pairs. */
const EVALUATION: Readonly<Record<number, number>> = { 4: 1, 5: 1.6, 6: 2.4 };

/** Nanoseconds of one simulated deal. */
export function costOfRun(deal: SeatedDeal): number {
  const hidden = deal.seats.reduce((sum, seat) => sum + blanksOf(deal, seat), 0);
  const toCome = deal.boards.reduce((sum, board) => sum + 5 - board.length, 0);
  const evaluation = 30 * (EVALUATION[deal.handSize] ?? 1);
  return 50 + 8 * (hidden + toCome) + deal.boards.length * (20 + deal.seats.length * evaluation);
}

/**
 * The best way to count a deal: exact when that costs at most twice what simulating `runs` deals would, or at most
 * `allowance` nanoseconds anyway, and always when every hand is known.
 */
export function chooseMethod(deal: SeatedDeal, runs: number, allowance: number): CountMethod {
  if (knownHands(deal) !== undefined) return { kind: "known", cost: costOfKnown(deal) };
  const simulated = runs * costOfRun(deal);
  if (deal.seats.some((seat) => seat.kind === "range" && seat.hands.weights !== undefined)) {
    return { kind: "monte-carlo", cost: simulated };
  }
  const limit = Math.max(WORTH * simulated, allowance);
  const exact = [versusRandom(deal), lateBoards(deal), lists(deal), assignments(deal)].filter(
    (method) => method !== undefined,
  );
  const best = exact.sort((one, other) => one.cost - other.cost)[0];
  return best !== undefined && best.cost <= limit ? best : { kind: "monte-carlo", cost: simulated };
}

function versusRandom(deal: SeatedDeal): CountMethod | undefined {
  const [board, second] = deal.boards;
  if (board === undefined || second !== undefined || deal.seats.length !== 2) return undefined;
  const blanks = deal.seats.map((seat) => (seat.kind === "cards" ? blanksOf(deal, seat) : -1));
  const player = blanks.indexOf(0);
  if (player < 0 || blanks[1 - player] !== deal.handSize) return undefined;
  const toCome = 5 - board.length;
  const ofFullDeck = VERSUS_RANDOM_COST[toCome] ?? 0;
  const ofBoards = choose(liveCards(deal).length, toCome) * COST_OF_VERSUS_BOARD;
  const cost = (toCome > 3 ? Math.min(ofFullDeck, ofBoards) : ofFullDeck) * (VERSUS_RANDOM_FACTOR[deal.handSize] ?? 1);
  return { kind: "versus-random", player, cost };
}

function lateBoards(deal: SeatedDeal): CountMethod | undefined {
  if (deal.boards.some((board) => board.length < 4)) return undefined;
  const perSeat = handsPerSeat(deal);
  const ways = perSeat.reduce((product, hands) => product * hands, 1);
  const live = liveCards(deal).length;
  const completions = deal.boards.reduce((sum, board) => sum + choose(live, 5 - board.length), 0);
  const showdown = COST_OF_LOOKUP * deal.seats.length * (EVALUATION[deal.handSize] ?? 1);
  return { kind: "late-boards", hands: Math.max(...perSeat), cost: completions * (COST_OF_PAIRS + ways * showdown) };
}

function lists(deal: SeatedDeal): CountMethod | undefined {
  const [board, second] = deal.boards;
  if (board === undefined || second !== undefined || deal.seats.length !== 2 || deal.handSize !== 4) return undefined;
  const hands = handsPerSeat(deal).reduce((sum, count) => sum + count, 0);
  const completions = completionsOfLists(deal);
  return { kind: "lists", completions, cost: completions * (COST_OF_SWEEP + hands * 250) };
}

function assignments(deal: SeatedDeal): CountMethod | undefined {
  const perSeat = handsPerSeat(deal);
  const ways = perSeat.reduce((product, hands) => product * hands, 1);
  return { kind: "assignments", hands: Math.max(...perSeat), cost: ways * costOfKnown(deal) };
}

/** Cost of counting the deal with all hands known. */
function costOfKnown(deal: SeatedDeal): number {
  const hidden = deal.seats.reduce((sum, seat) => sum + blanksOf(deal, seat), 0);
  const live = liveCards(deal).length - hidden;
  const showdown = COST_OF_SHOWDOWN * (1 + deal.seats.length * (EVALUATION[deal.handSize] ?? 1));
  let cost = 5000;
  let pairs = 1;
  for (const board of deal.boards) {
    const completions = choose(live, 5 - board.length);
    cost += board.length >= 3 ? completions * showdown : COST_OF_GROUPS;
    if (deal.boards.length === 2) cost += completions * 15;
    pairs *= completions;
  }
  return cost + (deal.boards.length === 2 ? Math.min(pairs, 300_000) : 0);
}
