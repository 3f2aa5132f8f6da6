import { DECK_SIZE, rankOf, suitOf } from "../../cards.js";
import { CATEGORIES, CATEGORY_OF_VALUE } from "../../evaluator/categories.js";
import { buildFiveCardValues, multisetIndex } from "../../evaluator/five-card-values.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import { compileClasses } from "../../ranges/class-view.js";
import { type HandSet, handCards } from "../game/hand-set.js";
import type { ClassifyOn } from "../spot/lock-nodes.js";
import type { Spot } from "../spot/spot.js";

/** Classes of the hands of a range as a player would name them, strongest first. */
export interface HandClasses {
  readonly names: readonly string[];
  /** For each hand an index of `names`. */
  readonly of: Uint8Array;
}

const PREFLOP_NAMES = ["two pair", "AAxx", "KKxx", "pair QQ-TT", "lower pair", "rundown", "other"] as const;
const SUIT_NAMES = ["double-suited", "suited", "rainbow"] as const;
let values: ReturnType<typeof buildFiveCardValues> | undefined;

function fiveCardValue(cards: readonly number[]): number {
  values ??= buildFiveCardValues();
  const ranks = cards.map(rankOf).sort((a, b) => a - b) as [number, number, number, number, number];
  const suited = cards.every((card) => suitOf(card) === suitOf(cards[0]));
  if (suited) return values.suited[ranks.reduce((mask, rank) => mask | (1 << rank), 0)];
  return values.offsuit[multisetIndex(...ranks)];
}

function subsets(cards: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return cards.flatMap((card, index) => subsets(cards.slice(index + 1), size - 1).map((rest) => [card, ...rest]));
}

/** Best values of hands with three board cards; works on three to five board cards. Each pair is evaluated once. */
function madeValues({ cards, k, count }: HandSet, board: readonly number[]): number[] {
  const triples = subsets(board, 3);
  const known = new Int32Array(DECK_SIZE * DECK_SIZE).fill(-1);
  const pairValue = (a: number, b: number): number => {
    const at = a * DECK_SIZE + b;
    if (known[at] < 0) known[at] = Math.max(...triples.map((triple) => fiveCardValue([a, b, ...triple])));
    return known[at];
  };
  return Array.from({ length: count }, (_, hand) => {
    let best = 0;
    for (let a = hand * k; a < (hand + 1) * k; a++)
      for (let b = a + 1; b < (hand + 1) * k; b++) best = Math.max(best, pairValue(cards[a], cards[b]));
    return best;
  });
}

function riverValues(hands: HandSet, board: readonly number[]): number[] {
  const evaluator = new OmahaEvaluator(evaluatorTables());
  const [a, b, c, d, e] = board;
  evaluator.setBoard(a, b, c, d, e);
  return Array.from({ length: hands.count }, (_, hand) => evaluator.evaluate(hands.cards, hand * hands.k, hands.k));
}

function hasFlushDraw(hand: readonly number[], suits: readonly number[]): boolean {
  return suits.some((suit) => hand.filter((card) => suitOf(card) === suit).length >= 2);
}

function preflopName(hand: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const card of hand) counts.set(rankOf(card), (counts.get(rankOf(card)) ?? 0) + 1);
  const pairs = [...counts].filter(([, count]) => count >= 2).map(([rank]) => rank);
  const top = Math.max(-1, ...pairs);
  const ranks = [...counts.keys()];
  const spread = Math.max(...ranks) - Math.min(...ranks);
  const shape =
    pairs.length > 1
      ? 0
      : top === 12
        ? 1
        : top === 11
          ? 2
          : top >= 8
            ? 3
            : top >= 0
              ? 4
              : spread <= hand.length
                ? 5
                : 6;
  const suits = [0, 1, 2, 3].filter((suit) => hand.filter((card) => suitOf(card) === suit).length >= 2).length;
  return `${PREFLOP_NAMES[shape]}, ${SUIT_NAMES[suits >= 2 ? 0 : suits === 1 ? 1 : 2]}`;
}

/** Sorts the hands of a spot into the classes that it asks for. */
export function classifierOf({ options, boards }: Pick<Spot, "options" | "boards">): (hands: HandSet) => HandClasses {
  const { classes } = options;
  if (classes === null) return (hands) => classifyHands(hands, boards[0] ?? []);
  const view = compileClasses(classes, boards);
  return (hands) => {
    const { k, count, cards } = hands;
    const places = Array.from({ length: count }, (_, hand) => view.placeOf(cards.subarray(hand * k, (hand + 1) * k)));
    const kept = [...new Set(places)].sort((a, b) => a - b);
    return {
      names: kept.map((place) => view.names[place]),
      of: Uint8Array.from(places, (place) => kept.indexOf(place)),
    };
  };
}

/** The same on other boards, as a lock's node has them. */
export function classifyOn(spot: Spot): ClassifyOn {
  return (boards) => classifierOf({ ...spot, boards });
}

/**
 * Sorts hands into classes: by the made hand on the first board (the strongest of the range apart), on flop and turn with
 * and without a flush draw; preflop by pairs, connection and suits.
 */
export function classifyHands(hands: HandSet, board: readonly number[]): HandClasses {
  const all = Array.from({ length: hands.count }, (_, hand) => handCards(hands, hand));
  if (board.length < 3) {
    const labels = all.map(preflopName);
    const names = PREFLOP_NAMES.flatMap((shape) => SUIT_NAMES.map((suits) => `${shape}, ${suits}`)).filter((name) =>
      labels.includes(name),
    );
    return { names, of: Uint8Array.from(labels, (label) => names.indexOf(label)) };
  }
  const made = board.length === 5 ? riverValues(hands, board) : madeValues(hands, board);
  const best = made.reduce((most, value) => Math.max(most, value), 0);
  const twice = [0, 1, 2, 3].filter((suit) => board.filter((card) => suitOf(card) === suit).length === 2);
  const labels = all.map((hand, index) => {
    const category = CATEGORIES[CATEGORY_OF_VALUE[made[index]]];
    if (made[index] === best && board.length === 5) return `Top of range (${category})`;
    const draw = board.length < 5 && category !== "Flush" && hasFlushDraw(hand, twice);
    return draw ? `${category} + flush draw` : category;
  });
  const strongest = [...CATEGORIES]
    .reverse()
    .flatMap((name) => [`Top of range (${name})`, name, `${name} + flush draw`]);
  const names = strongest.filter((name) => labels.includes(name));
  return { names, of: Uint8Array.from(labels, (label) => names.indexOf(label)) };
}
