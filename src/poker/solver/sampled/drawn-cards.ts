import { choose } from "../../combinatorics.js";

const STREETS = 4;

/** Cards that a board gets on the flop, and on any later street. */
const FLOP_CARDS = 3;

/** Cards that each board gets on the first street after one with so many known cards. */
function firstCards(known: number): number {
  return known === 0 ? FLOP_CARDS : 1;
}

/** Ways to deal so many cards to each of so many boards. Boards get theirs one after the other. */
export function waysToDeal(left: number, cards: number, boards: number): number {
  let ways = 1;
  for (let board = 0; board < boards; board++) ways *= choose(left - board * cards, cards);
  return ways;
}

/** The cards that lie on the boards of one drawn deal, street by street. */
export class DrawnCards {
  /** Cards dealt by level, as bit sets in two words: a hand that holds one of them is impossible. */
  readonly deadLow = new Uint32Array(STREETS);
  readonly deadHigh = new Uint32Array(STREETS);
  readonly #known: readonly (readonly number[])[];
  readonly #remaining: Uint8Array;
  readonly #first: number;
  /** Cards of each board after each level. */
  readonly #boards: number[][][];

  /** @param remaining cards on none of the known boards */
  constructor(known: readonly (readonly number[])[], remaining: Uint8Array) {
    this.#known = known;
    this.#remaining = remaining;
    this.#first = firstCards(known[0].length);
    this.#boards = [known.map((board) => [...board])];
  }

  /** Cards that each board gets when a level is dealt. */
  cardsAt(level: number): number {
    return level === 1 ? this.#first : 1;
  }

  /** Cards that are left when a level is dealt. */
  leftAt(level: number): number {
    const boards = this.#known.length;
    return this.#remaining.length - (level > 1 ? this.#first + level - 2 : 0) * boards;
  }

  /** Ways to deal a level. */
  waysAt(level: number): number {
    return waysToDeal(this.leftAt(level), this.cardsAt(level), this.#known.length);
  }

  /** Makes one of the ways to deal a level. */
  place(level: number, way: number): void {
    const cards = this.cardsAt(level);
    const before = this.#boards[level - 1];
    const dealt = new Set(before.flat());
    let free = this.#remaining.filter((card) => !dealt.has(card));
    let rest = way;
    let ways = waysToDeal(free.length, cards, this.#known.length);
    this.deadLow[level] = this.deadLow[level - 1];
    this.deadHigh[level] = this.deadHigh[level - 1];
    this.#boards[level] = before.map((board) => {
      ways /= choose(free.length, cards);
      const places = subsetOf(Math.floor(rest / ways), cards);
      rest %= ways;
      const drawn = places.map((place) => free[place]);
      free = free.filter((card) => !drawn.includes(card));
      for (const card of drawn) {
        if (card < 32) this.deadLow[level] |= 1 << card;
        else this.deadHigh[level] |= 1 << (card - 32);
      }
      return [...board, ...drawn];
    });
  }

  /** Cards of each board after a level. */
  boardsAt(level: number): readonly (readonly number[])[] {
    return this.#boards[level];
  }

  /** One deal has one final board of each kind. */
  boardKey(): number {
    return 0;
  }
}

/** The subset of so many numbers that has this place in colexicographic order, descending. */
function subsetOf(place: number, count: number): number[] {
  const subset: number[] = [];
  let rest = place;
  for (let k = count; k > 0; k--) {
    let number = k - 1;
    while (choose(number + 1, k) <= rest) number++;
    subset.push(number);
    rest -= choose(number, k);
  }
  return subset;
}
