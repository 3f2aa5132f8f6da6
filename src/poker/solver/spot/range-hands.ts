import { type Card, formatCards } from "../../cards.js";
import { CardError, inPlace, plural, SolverInputError } from "../../errors.js";
import type { Random } from "../../random.js";
import { describeRange } from "../../ranges/describe-range.js";
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
  return isBlind(spec, handSize, place, false);
}

/**
 * Whether a range is renamed with its board: it names no suit. Other than {@link isSuitBlind} it may have categories, which
 * go by the board.
 *
 * @throws SolverInputError when its notation cannot be read
 */
export function namesNoSuit(spec: RangeSpec, handSize: number, place: string): boolean {
  return isBlind(spec, handSize, place, true);
}

function isBlind(spec: RangeSpec, handSize: number, place: string, categories: boolean): boolean {
  if (spec === null) return true;
  return inPlace(place, () =>
    spec.every((part) => part.kind === "notation" && isBlindNode(parseRange(part.text, handSize).root, categories)),
  );
}

/** Whether a node of a range treats all suits alike. @param categories what a category counts as */
export function isBlindNode(node: RangeNode, categories: boolean): boolean {
  switch (node.kind) {
    case "or":
    case "and":
      return node.parts.every((part) => isBlindNode(part, categories));
    case "not":
    case "weighted":
      return isBlindNode(node.part, categories);
    case "category":
      return categories;
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
  { handSize, dead, boards, heroCards }: RangeSetting,
): HandSet | null {
  const { cards, count, weights } = expandRange(parseRange(text, handSize), dead, { boards });
  const scaled = weights?.map((own) => own * weight) ?? new Float64Array(count).fill(weight);
  const hands: HandSet = { k: handSize, count, cards, weights: scaled };
  if (count === 0 || !(weight > 0)) return null;
  return heroCards && findHand(hands, heroCards) < 0 ? null : hands;
}

/** Expands a part, without hands that hold a dead card. */
function expandPart(part: RangePart, { handSize, dead, boards }: RangeSetting): HandList {
  if (part.kind === "notation") {
    const { cards, count, weights } = expandRange(parseRange(part.text, handSize), dead, { boards });
    return {
      hands: Array.from({ length: count }, (_, hand) => [...cards.subarray(hand * handSize, (hand + 1) * handSize)]),
      weights: Array.from({ length: count }, (_, hand) => (weights?.[hand] ?? 1) * part.weight),
    };
  }
  if (part.cards.length !== handSize) {
    throw new SolverInputError(`hand ${formatCards(part.cards)} has ${part.cards.length} cards instead of ${handSize}`);
  }
  if (new Set(part.cards).size !== handSize) {
    throw new CardError(`a card occurs twice in hand ${formatCards(part.cards)}`);
  }
  const hands = part.cards.some((card) => dead.has(card)) ? [] : [[...part.cards].sort((a, b) => a - b)];
  return { hands, weights: hands.map(() => part.weight) };
}

/** A hand in several lists has the weight of the last; a hero's hand that none holds comes in with weight 1. */
function merge(lists: readonly HandList[], heroCards: readonly Card[] | null): HandList {
  const found = new Map<number, { hand: number[]; weight: number }>();
  for (const { hands, weights } of lists) {
    hands.forEach((hand, index) => {
      const key = handKey(hand);
      const known = found.get(key);
      if (known) known.weight = weights[index];
      else found.set(key, { hand, weight: weights[index] });
    });
  }
  const hero = heroCards && [...heroCards].sort((a, b) => a - b);
  if (hero && !((found.get(handKey(hero))?.weight ?? 0) > 0)) found.set(handKey(hero), { hand: hero, weight: 1 });
  const all = [...found.values()].filter((entry) => entry.weight > 0);
  return { hands: all.map((entry) => entry.hand), weights: all.map((entry) => entry.weight) };
}

export interface ExpandedRange {
  readonly hands: HandSet;
  /** What the range is, for the reader of the result. */
  readonly source: string;
  /** How the source was read, in words. */
  readonly readAs: string;
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
  /** What the range's categories go by. */
  readonly boards: readonly (readonly Card[])[];
  /** Hand that must be part of the range, added when it is missing; null without one. */
  readonly heroCards: readonly Card[] | null;
  /** Whether a wide range may be drawn at random: a sample treats suits alike on the average only. */
  readonly mayDraw: boolean;
  readonly random: Random;
}

/**
 * Lists the hands of a range. A hand listed twice has the weight of the last; hands that hold a board card are left out.
 *
 * @throws SolverInputError naming the range, when no hand is left or an entry cannot be read.
 */
export function expandSpec(spec: RangeSpec, setting: RangeSetting): ExpandedRange {
  return inPlace(setting.place, () => expand(spec, setting));
}

function expand(spec: RangeSpec, setting: RangeSetting): ExpandedRange {
  const { handSize, street, heroCards } = setting;
  const fallback = street === 0 || handSize !== 4 ? DEFAULT_PREFLOP_RANGE : DEFAULT_RANGE;
  const parts: readonly RangePart[] = spec ?? [{ kind: "notation", text: fallback, weight: 1 }];
  const source = spec === null ? `default: ${fallback}` : describe(parts);
  const readAs = read(parts, handSize);
  const [only] = parts;
  const drawn = drawWide(parts, setting);
  if (!drawn && parts.length === 1 && only?.kind === "notation") {
    const hands = expandNotation(only.text, only.weight, setting);
    if (hands) return { hands, source, readAs, explicit: false, drawnFrom: null };
  }
  const lists = drawn ? [drawn] : parts.map((part) => expandPart(part, setting));
  const { hands, weights } = merge(lists, heroCards);
  if (hands.length === 0)
    throw new SolverInputError("no hand of the range is possible: it needs a weight above 0 and no card of the board");
  return {
    hands: createHandSet(hands, weights),
    source,
    readAs,
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

const MOST_READ = 6;

/** How the parts of a range were read. */
function read(parts: readonly RangePart[], handSize: number): string {
  const notations = parts.flatMap((part) => (part.kind === "notation" ? [part] : []));
  const shown = notations.slice(0, MOST_READ).map(({ text, weight }) => {
    const reading = describeRange(parseRange(text, handSize).root);
    return weight === 1 ? reading : `${reading}, weight ${weight}`;
  });
  const rest = parts.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${plural(rest, "hand")} ${shown.length > 0 ? "more" : "given"}`] : [])].join(
    "; or ",
  );
}

function describe(parts: readonly RangePart[]): string {
  const notations = parts.flatMap((part) => (part.kind === "notation" ? [part.text] : []));
  const hands = parts.length - notations.length;
  return [...notations, ...(hands > 0 ? [`${plural(hands, "hand")} given`] : [])].join(", ");
}
