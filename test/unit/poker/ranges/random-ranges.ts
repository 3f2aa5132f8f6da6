import type { Random } from "../../../../src/poker/random.js";

/** A card as the test sees it. */
export interface Held {
  readonly rank: number;
  readonly suit: string;
}

/** A range as text, and what it says of a hand by the test's own reading: its weight, or null where it says nothing. */
export interface Written {
  readonly text: string;
  readonly weight: (hand: readonly Held[]) => number | null;
  readonly weighted: boolean;
}

const RANKS = "23456789TJQKA";
const SUITS = "shdc";

type Wanted = (held: Held) => boolean;

/** All ways to give the wanted cards different cards of the hand, tried one by one. */
function holdsAll(hand: readonly Held[], wanted: readonly Wanted[]): boolean {
  const [first, ...rest] = wanted;
  if (first === undefined) return true;
  return hand.some((held, i) => first(held) && holdsAll([...hand.slice(0, i), ...hand.slice(i + 1)], rest));
}

const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)] as T;

function cards(random: Random): Written {
  const count = 2 + random.below(3);
  const wanted: Wanted[] = [];
  let text = "";
  let last = "";
  for (let i = 0; i < count; i++) {
    const rank = random.below(13);
    const suit = pick(random, ["", "", "h", "d", "c"]);
    if (random.below(4) === 0) {
      const other = (rank + 1 + random.below(12)) % 13;
      text += `[${RANKS[rank]}${RANKS[other]}]${suit}`;
      wanted.push((held) => (held.rank === rank || held.rank === other) && (suit === "" || held.suit === suit));
    } else {
      const card = `${RANKS[rank]}${suit}`;
      // The same card twice is refused, and so is what may be a percentage.
      if (suit !== "" && text.includes(card)) continue;
      text += card;
      wanted.push((held) => held.rank === rank && (suit === "" || held.suit === suit));
    }
    last = suit;
  }
  if (last === "" && /^[2-9T]{1,2}$/u.test(text)) text += "xx".slice(0, 4 - wanted.length);
  return plain(text, (hand) => holdsAll(hand, wanted));
}

const plain = (text: string, is: (hand: readonly Held[]) => boolean): Written => ({
  text,
  weight: (hand) => (is(hand) ? 1 : null),
  weighted: false,
});

const tally = <T>(values: readonly T[]): number[] =>
  [...new Set(values)].map((value) => values.filter((other) => other === value).length).sort((a, b) => b - a);
const ranksOf = (hand: readonly Held[]): number[] => tally(hand.map(({ rank }) => rank));
const suitsOf = (hand: readonly Held[]): number[] => tally(hand.map(({ suit }) => suit));

const SHAPES: readonly Written[] = [
  plain("rainbow", (hand) => suitsOf(hand)[0] === 1),
  plain("$ss", (hand) => suitsOf(hand).filter((count) => count > 1).length === 1),
  plain("double-suited", (hand) => suitsOf(hand).filter((count) => count > 1).length === 2),
  plain("np", (hand) => ranksOf(hand)[0] === 1),
  plain("$op", (hand) => ranksOf(hand)[0] === 2 && ranksOf(hand)[1] === 1),
  plain("RROO", (hand) => ranksOf(hand)[0] === 2 && ranksOf(hand)[1] === 2),
  plain("RRON", (hand) => ranksOf(hand)[0] === 2 && ranksOf(hand).length === 3),
  plain("RR", (hand) => (ranksOf(hand)[0] ?? 0) >= 2),
  plain("$nt", (hand) => (ranksOf(hand)[0] ?? 0) <= 2),
  plain("wxyz", (hand) => suitsOf(hand).length === 4),
  plain("xxyy", (hand) => suitsOf(hand).filter((count) => count > 1).length === 2),
  plain("any", () => true),
];

function suitVariables(random: Random): Written {
  const [one = 0, other = 1] = [random.below(13), random.below(13)];
  const [first, second] = [RANKS[one] ?? "", RANKS[other] ?? ""];
  if (one === other) return plain(`${first}x${second}y`, (hand) => hand.filter(({ rank }) => rank === one).length >= 2);
  const suited = random.below(2) === 0;
  return plain(`${first}x${second}${suited ? "x" : "y"}`, (hand) =>
    hand.some((a) => hand.some((b) => a !== b && a.rank === one && b.rank === other && (a.suit === b.suit) === suited)),
  );
}

function spread(random: Random): Written {
  const rank = 2 + random.below(9);
  const symbol = RANKS[rank] ?? "";
  return plain(`${symbol}${symbol}+`, (hand) =>
    hand.some((a) => a.rank >= rank && hand.filter(({ rank: other }) => other === a.rank).length >= 2),
  );
}

function atom(random: Random, depth: number): Written {
  const kind = random.below(depth > 2 ? 8 : 10);
  if (kind < 3) return cards(random);
  if (kind < 5) return pick(random, SHAPES);
  if (kind === 5) return suitVariables(random);
  if (kind === 6) return spread(random);
  if (kind === 7) {
    const suit = pick(random, [..."hdc"]);
    return plain(`A${suit}${suit}`, (hand) =>
      hand.some((a) => a.rank === 12 && a.suit === suit && hand.some((b) => b !== a && b.suit === suit)),
    );
  }
  const inner = randomRange(random, depth + 1);
  return { ...inner, text: `(${inner.text})` };
}

function conditions(random: Random, depth: number): Written {
  const parts = [atom(random, depth)];
  let text = parts[0]?.text ?? "";
  const excluded: Written[] = [];
  for (let more = random.below(3); more > 0; more--) {
    const next = atom(random, depth);
    if (random.below(2) === 0 && !next.weighted) {
      excluded.push(next);
      text += `!${next.text}`;
    } else {
      parts.push(next);
      text += `:${next.text}`;
    }
  }
  const own = random.below(4) === 0 ? pick(random, [0, 0.25, 0.4, 1]) : null;
  if (own !== null) text += pick(random, [`@${own}`, `@${own * 100}%`, `:${own}`]);
  return {
    text,
    weighted: own !== null || parts.some((part) => part.weighted),
    weight: (hand) => {
      if (excluded.some((part) => part.weight(hand) !== null)) return null;
      const weights = parts.map((part) => part.weight(hand));
      if (weights.includes(null)) return null;
      return weights.reduce<number>((product, weight) => product * (weight ?? 0), own ?? 1);
    },
  };
}

/** A random range: unions, conditions, exclusions, weights and parentheses. */
export function randomRange(random: Random, depth = 0): Written {
  const parts = Array.from({ length: 1 + random.below(3) }, () => conditions(random, depth));
  return {
    text: parts.map((part) => part.text).join(random.below(2) === 0 ? "," : " , "),
    weighted: parts.some((part) => part.weighted),
    weight: (hand) => parts.map((part) => part.weight(hand)).reduceRight((last, weight) => last ?? weight, null),
  };
}

export const heldCards = (hand: ArrayLike<number>): Held[] =>
  Array.from(hand, (card) => ({ rank: card >> 2, suit: SUITS[card & 3] ?? "" }));
