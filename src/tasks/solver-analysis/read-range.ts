import { JobInputError } from "../../jobs/errors.js";
import { type Card, parseCard, parseCards } from "../../poker/cards.js";
import { CardError } from "../../poker/errors.js";
import type { RangePart, RangeSpec } from "../../poker/solver/spot/range-hands.js";
import type { SolverInputData } from "./input-schema.js";

type RangeData = NonNullable<SolverInputData["player_ranges"]>[string];
type CardsData = NonNullable<SolverInputData["hero_cards"]>;

/** No card at all: blanks stand for unknown cards. */
export function isBlank(cards: CardsData): boolean {
  return typeof cards === "string" ? cards.trim() === "" : cards.every((card) => (card ?? "").trim() === "");
}

/**
 * Cards of a list or text; blanks are left out.
 * @throws JobInputError naming the place and the text
 */
export function readCardList(cards: CardsData, place: string): Card[] {
  try {
    if (typeof cards === "string") return parseCards(cards);
    return cards.flatMap((card) => ((card ?? "").trim() === "" ? [] : [parseCard(card ?? "")]));
  } catch (error) {
    if (error instanceof CardError) throw new JobInputError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * A range: notation, a list of hands (each a list of cards, text, or an object with a weight), or hands with weights.
 * An empty list or text says nothing about the player.
 */
export function readRange(data: RangeData, place: string): RangeSpec {
  if (data === null || data === undefined) return null;
  if (typeof data === "string") return data.trim() === "" ? null : [readText(data, 1)];
  const entries = Array.isArray(data) ? data : data.hands;
  const weights = Array.isArray(data) ? undefined : data.weights;
  if (weights && weights.length !== entries.length) {
    throw new JobInputError(`${place}: ${entries.length} hands and ${weights.length} weights`);
  }
  if (isOneHand(entries)) return [{ kind: "hand", cards: readCardList(entries, place), weight: 1 }];
  const parts = entries.flatMap((entry, index) => readEntry(entry, weights?.[index] ?? 1, `${place}[${index}]`));
  return parts.length === 0 ? null : parts;
}

type RangeEntry = Extract<NonNullable<RangeData>, readonly unknown[]>[number];

/** `["As", "Kd", "Qh", "Jh"]`: the cards of one hand rather than four hands. */
function isOneHand(entries: readonly RangeEntry[]): entries is string[] {
  return (
    entries.length >= 4 &&
    entries.length <= 6 &&
    entries.every((entry) => typeof entry === "string" && /^\s*(10|[2-9TJQKA])[shdc♠♥♦♣]\s*$/iu.test(entry))
  );
}

function readEntry(entry: RangeEntry, weight: number, place: string): RangePart[] {
  if (typeof entry === "string") return entry.trim() === "" ? [] : [readText(entry, weight)];
  if (Array.isArray(entry)) {
    return isBlank(entry) ? [] : [{ kind: "hand", cards: readCardList(entry, place), weight }];
  }
  const own = entry.weight ?? weight;
  if (entry.range !== undefined) return [readText(entry.range, own)];
  const cards = entry.cards ?? entry.hand;
  if (cards === undefined) throw new JobInputError(`${place}: a range entry needs cards, hand or range`);
  return isBlank(cards) ? [] : [{ kind: "hand", cards: readCardList(cards, place), weight: own }];
}

/** Text of four to six cards is a hand, any other is range notation. */
function readText(text: string, weight: number): RangePart {
  try {
    const cards = parseCards(text);
    if (cards.length >= 4 && cards.length <= 6) return { kind: "hand", cards, weight };
  } catch (error) {
    if (!(error instanceof CardError)) throw error;
  }
  return { kind: "notation", text, weight };
}
