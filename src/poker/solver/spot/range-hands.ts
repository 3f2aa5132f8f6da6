import { type Card, formatCards } from "../../cards.js";
import { CardError, PokerError, plural, SolverInputError } from "../../errors.js";
import type { Random } from "../../random.js";
import { expandRange } from "../../ranges/expand-range.js";
import { parseRange } from "../../ranges/parse-range.js";
import type { RangeNode } from "../../ranges/range-tree.js";
import { createHandSet, findHand, type HandSet, handKey } from "../game/hand-set.js";
import { type DrawnRange, drawRange } from "./drawn-range.js";

/** One entry of a range: exact cards or notation, with a weight. */
export type RangePart =
  | { readonly kind: "hand"; readonly cards: readonly Card[]; readonly weight: number }
  | { readonly kind: "notation"; readonly text: string; readonly weight: number };

/** A player's range as the job gives it; null stands for the default. */
export type RangeSpec = readonly RangePart[] | null;

/** Range of a player of whom nothing is said, postflop: the better part of all hands by the preflop ranking. */
const DEFAULT_RANGE = "60%";
/** Preflop every hand is possible. */
const DEFAULT_PREFLOP_RANGE = "any";

interface HandList {
  readonly hands: number[][];
  readonly weights: number[];
}

/**
 * Whether a range treats all suits alike: then it is the same range under every renaming of suits, and its text stands
 * for its hands.
 *
 * @param place where the range stands in the input, for messages
 * @throws SolverInputError when its notation cannot be read
 */
export function isSuitBlind(spec: RangeSpec, handSize: number, place: string): boolean {
  if (spec === null) return true;
  return inPlace(place, () =>
    spec.every((part) => part.kind === "notation" && isBlindNode(parseRange(part.text, handSize).root)),
  );
}

function isBlindNode(node: RangeNode): boolean {
  switch (node.kind) {
    case "or":
    case "and":
      return node.parts.every(isBlindNode);
    case "not":
      return isBlindNode(node.part);
    case "holds":
      return node.slots.every((slot) => slot.suit < 0);
    case "any":
    case "shape":
    case "percent":
      return true;
  }
}

/** A range that is one piece of notation, without a detour over single hands. */
function expandNotation(
  text: string,
  weight: number,
  handSize: number,
  dead: ReadonlySet<Card>,
  heroCards: readonly Card[] | null,
): HandSet | null {
  const { cards, count } = expandRange(parseRange(text, handSize), dead);
  const hands: HandSet = { k: handSize, count, cards, weights: new Float64Array(count).fill(weight) };
  if (count === 0 || !(weight > 0)) return null;
  return heroCards && findHand(hands, heroCards) < 0 ? null : hands;
}

/** Expands a part, without hands that hold a dead card. */
function expandPart(part: RangePart, handSize: number, dead: ReadonlySet<Card>): number[][] {
  if (part.kind === "notation") {
    const { cards, count } = expandRange(parseRange(part.text, handSize), dead);
    return Array.from({ length: count }, (_, hand) => [...cards.subarray(hand * handSize, (hand + 1) * handSize)]);
  }
  if (part.cards.length !== handSize) {
    throw new SolverInputError(`hand ${formatCards(part.cards)} has ${part.cards.length} cards instead of ${handSize}`);
  }
  if (new Set(part.cards).size !== handSize) {
    throw new CardError(`a card occurs twice in hand ${formatCards(part.cards)}`);
  }
  return part.cards.some((card) => dead.has(card)) ? [] : [[...part.cards].sort((a, b) => a - b)];
}

function merge(parts: readonly (readonly [number[][], number])[]): HandList {
  const found = new Map<number, { hand: number[]; weight: number }>();
  for (const [hands, weight] of parts) {
    for (const hand of hands) {
      const key = handKey(hand);
      const known = found.get(key);
      if (!known) found.set(key, { hand, weight });
      else known.weight = Math.max(known.weight, weight);
    }
  }
  const all = [...found.values()].filter((entry) => entry.weight > 0);
  return { hands: all.map((entry) => entry.hand), weights: all.map((entry) => entry.weight) };
}

export interface ExpandedRange {
  readonly hands: HandSet;
  /** What the range is, for the reader of the result. */
  readonly source: string;
  /** Given hand by hand, rather than by notation or default. */
  readonly explicit: boolean;
  /** Hands of the range, about, when `hands` were drawn from them at random; else null. */
  readonly drawnFrom: number | null;
}

/** What a range is listed for. */
export interface RangeSetting {
  /** Where the range stands in the input, for messages. */
  readonly place: string;
  readonly handSize: number;
  readonly street: number;
  readonly dead: ReadonlySet<Card>;
  /** Hand that must be part of the range, added when it is missing; null without one. */
  readonly heroCards: readonly Card[] | null;
  /** Whether a wide range may be drawn at random: a sample treats suits alike on the average only. */
  readonly mayDraw: boolean;
  readonly random: Random;
}

/**
 * Lists the hands of a range. A hand listed twice keeps its larger weight; hands that hold a board card are left out.
 *
 * @throws SolverInputError naming the range, when no hand is left or an entry cannot be read.
 */
export function expandSpec(spec: RangeSpec, setting: RangeSetting): ExpandedRange {
  return inPlace(setting.place, () => expand(spec, setting));
}

/** Names the range in what is wrong with it. */
function inPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PokerError) throw new SolverInputError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

function expand(spec: RangeSpec, setting: RangeSetting): ExpandedRange {
  const { handSize, street, dead, heroCards } = setting;
  const fallback = street === 0 || handSize !== 4 ? DEFAULT_PREFLOP_RANGE : DEFAULT_RANGE;
  const parts: readonly RangePart[] = spec ?? [{ kind: "notation", text: fallback, weight: 1 }];
  const source = spec === null ? `default: ${fallback}` : describe(parts);
  const [only] = parts;
  const drawn = drawWide(parts, setting);
  if (!drawn && parts.length === 1 && only?.kind === "notation") {
    const hands = expandNotation(only.text, only.weight, handSize, dead, heroCards);
    if (hands) return { hands, source, explicit: false, drawnFrom: null };
  }
  const lists = drawn
    ? [[drawn.hands, 1] as const]
    : parts.map((part) => [expandPart(part, handSize, dead), part.weight] as const);
  if (heroCards) lists.push([[[...heroCards].sort((a, b) => a - b)], 0]);
  const { hands, weights } = lists.length === 1 && lists[0] ? plain(lists[0]) : merge(withHero(lists, heroCards));
  if (hands.length === 0)
    throw new SolverInputError("no hand of the range is possible: it needs a weight above 0 and no card of the board");
  return {
    hands: createHandSet(hands, weights),
    source,
    explicit: spec?.every((part) => part.kind === "hand") ?? false,
    drawnFrom: drawn?.size ?? null,
  };
}

/** A sample of a range that is one wide piece of notation; null for all others. */
function drawWide(parts: readonly RangePart[], { handSize, dead, mayDraw, random }: RangeSetting): DrawnRange | null {
  const [only] = parts;
  if (!mayDraw || parts.length !== 1 || only?.kind !== "notation" || !(only.weight > 0)) return null;
  return drawRange(only.text, handSize, dead, random);
}

function plain([hands, weight]: readonly [number[][], number]): HandList {
  return { hands: weight > 0 ? hands : [], weights: hands.map(() => weight) };
}

/** A hero's hand that the range lacks comes in with weight 1. */
function withHero(
  lists: readonly (readonly [number[][], number])[],
  heroCards: readonly Card[] | null,
): readonly (readonly [number[][], number])[] {
  if (!heroCards) return lists;
  const key = handKey([...heroCards].sort((a, b) => a - b));
  const held = lists.some(([hands, weight]) => weight > 0 && hands.some((hand) => handKey(hand) === key));
  return held
    ? lists
    : lists.map(([hands, weight], index) => [hands, index === lists.length - 1 ? 1 : weight] as const);
}

function describe(parts: readonly RangePart[]): string {
  const notations = parts.flatMap((part) => (part.kind === "notation" ? [part.text] : []));
  const hands = parts.length - notations.length;
  return [...notations, ...(hands > 0 ? [`${plural(hands, "hand")} given`] : [])].join(", ");
}
