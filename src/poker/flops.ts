import { type Card, deckWithout, formatCards } from "./cards.js";
import { choose, forEachSubset } from "./combinatorics.js";
import { SpotError } from "./errors.js";
import { Random, shuffleStart } from "./random.js";
import { mapCards, type SuitMap } from "./suits.js";

/** A flop on each board, and how many flops of a deck it stands for, or how often it was drawn. */
export interface WeightedFlop {
  /** Ascending cards of each board. */
  readonly boards: readonly (readonly Card[])[];
  readonly weight: number;
}

const FLOP_CARDS = 3;

/**
 * One flop of each class of flops that are the same up to the given renamings of suits, with the size of its class.
 * All 24 renamings leave 1,755 of the 22,100 flops.
 *
 * @param symmetries a group of renamings
 * @param dead cards that no flop holds
 */
export function flopClasses(symmetries: readonly SuitMap[], dead: readonly Card[]): WeightedFlop[] {
  const classes = new Classes(symmetries);
  forEachSubset(deckWithout(dead), FLOP_CARDS, (cards) => classes.add([[...cards]]));
  return classes.list();
}

/**
 * Flops drawn at random, none twice, each as one of its class; weights are how often a class was drawn.
 *
 * @param boards 1 or 2: with two, pairs of flops that share no card
 * @throws SpotError when there are not so many
 */
export function drawFlops(
  count: number,
  from: {
    readonly boards: number;
    readonly symmetries: readonly SuitMap[];
    readonly dead: readonly Card[];
    readonly seed: number;
  },
): WeightedFlop[] {
  const { boards, symmetries, dead, seed } = from;
  const random = Random.fromSeed(seed);
  const deck = deckWithout(dead);
  const possible = boards === 1 ? choose(deck.length, FLOP_CARDS) : Number.POSITIVE_INFINITY;
  if (count > possible) throw new SpotError(`there are ${possible} flops, not ${count}: ask for "all"`);
  const drawn = new Set<string>();
  const classes = new Classes(symmetries);
  while (drawn.size < count) {
    shuffleStart(deck, boards * FLOP_CARDS, random);
    const flop = Array.from({ length: boards }, (_, board) =>
      deck.slice(board * FLOP_CARDS, (board + 1) * FLOP_CARDS).sort((a, b) => a - b),
    );
    const key = flop.map(formatCards).join("/");
    if (drawn.has(key)) continue;
    drawn.add(key);
    classes.add(flop);
  }
  return classes.list();
}

/** Counts flops under the least of their names. */
class Classes {
  readonly #found = new Map<string, { readonly boards: readonly (readonly Card[])[]; weight: number }>();

  constructor(private readonly symmetries: readonly SuitMap[]) {}

  add(flop: readonly (readonly Card[])[]): void {
    let least: number[][] = [];
    let name = "";
    for (const map of this.symmetries) {
      const boards = flop.map((board) => mapCards(board, map));
      const text = boards.map((board) => String.fromCharCode(...board)).join();
      if (name !== "" && text >= name) continue;
      least = boards;
      name = text;
    }
    const known = this.#found.get(name);
    if (known === undefined) this.#found.set(name, { boards: least, weight: 1 });
    else known.weight++;
  }

  list(): WeightedFlop[] {
    return [...this.#found.values()];
  }
}
