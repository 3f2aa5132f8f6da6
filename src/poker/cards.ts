import { CardError } from "./errors.js";

/** A card as a number 0–51: `rank * 4 + suit`, rank 0 = deuce … 12 = ace, suit 0–3 = s, h, d, c. */
export type Card = number;

const RANKS = "23456789TJQKA";
const SUITS = "shdc";
export const DECK_SIZE = 52;

const SUIT_OF_SYMBOL: Readonly<Record<string, number>> = {
  s: 0,
  h: 1,
  d: 2,
  c: 3,
  "♠": 0,
  "♥": 1,
  "♦": 2,
  "♣": 3,
  "♤": 0,
  "♡": 1,
  "♢": 2,
  "♧": 3,
};
/** Makes an emoji of a suit symbol; carries no meaning of its own. */
const VARIATION_SELECTOR = /\uFE0F/gu;

/** 0 = deuce … 12 = ace. */
export const rankOf = (card: Card): number => card >> 2;
/** 0–3 = s, h, d, c. */
export const suitOf = (card: Card): number => card & 3;
const cardOf = (rank: number, suit: number): Card => rank * 4 + suit;

/** Rank of one character (`T` and `t` alike), or -1. */
export const rankOfSymbol = (symbol: string): number =>
  symbol.length === 1 ? RANKS.indexOf(symbol.toUpperCase()) : -1;

/** Suit of one character (letters in either case, or `♠♥♦♣`), or -1. */
export const suitOfSymbol = (symbol: string): number => SUIT_OF_SYMBOL[symbol.toLowerCase()] ?? -1;

/**
 * Reads one card: rank `23456789TJQKA` or `10`, then suit `shdc` or `♠♥♦♣`; case does not matter.
 * @throws CardError naming the text
 */
export function parseCard(text: string): Card {
  const compact = text.trim().replace(VARIATION_SELECTOR, "");
  const suit = suitOfSymbol(compact.slice(-1));
  const rankText = compact.slice(0, -1);
  const rank = rankText === "10" ? 8 : rankOfSymbol(rankText);
  if (rank < 0 || suit < 0)
    throw new CardError(`${JSON.stringify(text)} is not a card (expected for example "As" or "Td")`);
  return cardOf(rank, suit);
}

/**
 * Reads cards written without a separator, or with spaces or commas: `AsKs Qh,10h`.
 * @throws CardError naming the first text that is not a card
 */
export function parseCards(text: string): Card[] {
  const cards: Card[] = [];
  for (const word of text.replace(VARIATION_SELECTOR, "").split(/[\s,]+/u)) {
    if (word === "") continue;
    const parts = word.match(/10.|../gu);
    if (parts === null || parts.join("") !== word) {
      throw new CardError(`${JSON.stringify(word)} is not a list of cards (expected for example "AsKsQhJh")`);
    }
    for (const part of parts) cards.push(parseCard(part));
  }
  return cards;
}

/** One character: `A`. */
export const rankName = (rank: number): string => RANKS[rank] ?? "?";

/** Two characters: `As`. */
export const formatCard = (card: Card): string => `${RANKS[card >> 2] ?? "?"}${SUITS[card & 3] ?? "?"}`;

/** Without separator: `AsKsQhJh`. */
export const formatCards = (cards: Iterable<Card>): string => Array.from(cards, formatCard).join("");

/** First card that occurs a second time, or undefined. */
export function firstDuplicate(cards: Iterable<Card>): Card | undefined {
  const seen = new Set<Card>();
  for (const card of cards) {
    if (seen.has(card)) return card;
    seen.add(card);
  }
  return undefined;
}

/** The cards of a full deck that are not in `dead`, ascending. */
export function deckWithout(dead: Iterable<Card>): Card[] {
  const gone = new Set(dead);
  const deck: Card[] = [];
  for (let card = 0; card < DECK_SIZE; card++) if (!gone.has(card)) deck.push(card);
  return deck;
}
