/** What the suits of a flop are. */
export const SUIT_PATTERNS = ["rainbow", "two-tone", "monotone"] as const;
export type SuitPattern = (typeof SUIT_PATTERNS)[number];

export const PAIRINGS = ["unpaired", "paired", "trips"] as const;
export type Pairing = (typeof PAIRINGS)[number];

/** Which flops are shown; empty texts stand for all. */
export interface FlopFilter {
  /** Cards or ranks that lie on it: `A`, `KK`, `Kh7`. */
  readonly cards: string;
  readonly suits: SuitPattern | "";
  readonly pairing: Pairing | "";
}

export const ALL_FLOPS: FlopFilter = { cards: "", suits: "", pairing: "" };

const RANKS = "23456789TJQKA";

/** The suits of a flop such as `Ks8h7d`; null of two boards. */
export function suitPattern(flop: string): SuitPattern | null {
  if (flop.includes("/")) return null;
  const suits = new Set(cardsIn(flop).map((card) => card[1]));
  return suits.size === 1 ? "monotone" : suits.size === 2 ? "two-tone" : "rainbow";
}

/** Null of two boards. */
function pairing(flop: string): Pairing | null {
  if (flop.includes("/")) return null;
  const ranks = new Set(cardsIn(flop).map((card) => card[0]));
  return ranks.size === 1 ? "trips" : ranks.size === 2 ? "paired" : "unpaired";
}

/** @throws Error that says what is no card */
export function flopTest({ cards, suits, pairing: pairs }: FlopFilter): (flop: string) => boolean {
  const wanted = readWanted(cards);
  return (flop) => {
    if (suits !== "" && suitPattern(flop) !== suits) return false;
    if (pairs !== "" && pairing(flop) !== pairs) return false;
    const left = cardsIn(flop);
    return wanted.every((one) => {
      const at = left.findIndex((card) => card.startsWith(one));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  };
}

/** High cards first: flops by rank of their cards, equal ones by suits. */
export function compareFlops(one: string, other: string): number {
  const [ranks, others] = [one, other].map((flop) => cardsIn(flop).map((card) => RANKS.indexOf(card[0] ?? "")));
  for (const [index, rank] of (ranks ?? []).entries()) {
    const difference = (others?.[index] ?? -1) - rank;
    if (difference !== 0) return difference;
  }
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Whole cards before ranks, so that a rank does not take the card that another part names. */
function readWanted(text: string): string[] {
  const letters = text.replaceAll("10", "T").replace(/[\s,]+/g, "");
  const parts = letters.match(/[2-9tjqka][shdc]?/gi) ?? [];
  if (parts.join("").length !== letters.length) throw new Error("ranks or cards are expected, such as A, KK or Kh7");
  return parts
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1).toLowerCase()}`)
    .sort((one, other) => other.length - one.length);
}

function cardsIn(flop: string): string[] {
  return flop.match(/[2-9TJQKA][shdc]/g) ?? [];
}
