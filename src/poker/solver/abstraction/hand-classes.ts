import { DECK_SIZE } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import { Random } from "../../random.js";
import { type CardMasks, cardMasks, type HandSet, handKey } from "../game/hand-set.js";
import { capRange } from "./cap-range.js";

/** Strengths are below this. */
const STRENGTHS = 8192;
/** Hands of each range by which strengths become shares beaten. */
const REFERENCE_HANDS = 800;
/** The strongest pairs of hole cards, by which blockers are told. */
const STRONG_PAIRS = 40;
/** Before the river: classes of the mean share over the cards to come by number of boards, and bounds of its spread. */
interface EarlyGrain {
  readonly shares: readonly number[];
  readonly spreads: readonly number[];
}

/** How finely hands are told apart. */
interface Grain {
  /** Classes of the share that a hand beats on the river, by number of boards; finer at the top by this power. */
  readonly river: readonly number[];
  readonly power: number;
  /** How much of the strongest holdings a hand blocks: bounds between the levels. */
  readonly blockers: readonly number[];
  readonly turn: EarlyGrain;
  readonly root: EarlyGrain;
}

export type GrainName = "coarse" | "fine";

const GRAINS: Readonly<Record<GrainName, Grain>> = {
  coarse: {
    river: [0, 24, 8],
    power: 1.4,
    blockers: [0.12, 0.35],
    turn: { shares: [0, 24, 8], spreads: [0.1, 0.18, 0.26] },
    root: { shares: [0, 80, 20], spreads: [0.08, 0.13, 0.18, 0.23, 0.28] },
  },
  fine: {
    river: [0, 96, 20],
    power: 2,
    blockers: [0.06, 0.12, 0.2, 0.35],
    turn: { shares: [0, 60, 16], spreads: [0.08, 0.13, 0.18, 0.23, 0.28] },
    root: { shares: [0, 300, 40], spreads: [0.06, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3] },
  },
};
/** Rivers looked at after a turn card. */
const RIVERS = 12;
/** Shares are kept as 16-bit fractions. */
const WHOLE = 65535;
/** Boards whose shares are kept. */
const KNOWN_BOARDS = 1500;
/** Reference hands are the same whatever the seed of a solve: classes are no part of its chance. */
const REFERENCE_SEED = 1;

const NO_WEIGHTS = new Float64Array(1);

/** What is known of a complete board. */
interface KnownBoard {
  /** Share of the reference hands that each strength beats, ties half, of {@link WHOLE}. */
  readonly shares: Uint16Array;
  /** For each card, the part of the strongest pairs of hole cards that contain it; null with two boards. */
  readonly strong: Float64Array | null;
}

interface Moments {
  readonly mean: Float64Array;
  readonly spread: Float64Array;
}

const powered = (share: number, power: number, classes: number): number =>
  Math.min(classes - 1, Math.floor(share ** power * classes));

function levelOf(value: number, bounds: readonly number[]): number {
  let level = 0;
  while (level < bounds.length && value >= bounds[level]) level++;
  return level;
}

/**
 * Classes of hands on a street that many hands share a strategy on: on the river by the share of both ranges that a hand
 * beats and by how much of the strongest holdings it blocks; before, by the mean of that share over the cards to come and
 * by its spread, which tells draws from made hands. The same board and hand always give the same class.
 */
export class HandClasses {
  readonly #evaluator = new OmahaEvaluator(evaluatorTables());
  readonly #reference: readonly HandSet[];
  readonly #referenceMasks: readonly CardMasks[];
  readonly #boards: number;
  readonly #weights = new Float64Array(STRENGTHS);
  readonly #values = new Uint16Array(STRENGTHS);
  readonly #known = new Map<number, KnownBoard>();
  readonly #riverShare: Uint8Array;
  readonly #grain: Grain;

  /**
   * @param ranges sorted by strength
   * @param boards number of boards
   */
  constructor(ranges: readonly HandSet[], boards: number, grain: GrainName) {
    const random = Random.fromSeed(REFERENCE_SEED);
    this.#reference = ranges.map((range) => capRange(range, REFERENCE_HANDS, -1, random));
    this.#referenceMasks = this.#reference.map(cardMasks);
    this.#boards = boards;
    this.#grain = GRAINS[grain];
    const { river, power } = this.#grain;
    this.#riverShare = Uint8Array.from({ length: WHOLE + 1 }, (_, share) =>
      powered(share / WHOLE, power, river[boards]),
    );
  }

  get riverClasses(): number {
    const { river, blockers } = this.#grain;
    return (river[this.#boards] * (this.#boards === 1 ? blockers.length + 1 : 1)) ** this.#boards;
  }

  get turnClasses(): number {
    return this.#classCount(this.#grain.turn);
  }

  get rootClasses(): number {
    return this.#classCount(this.#grain.root);
  }

  #classCount({ shares, spreads }: EarlyGrain): number {
    return (shares[this.#boards] * (this.#boards === 1 ? spreads.length + 1 : 1)) ** this.#boards;
  }

  /** Class of every hand of each set on complete boards; hands that hold a card of a board get some class. */
  river(sets: readonly HandSet[], boards: readonly (readonly number[])[]): Int32Array[] {
    const { river, blockers } = this.#grain;
    const classes = sets.map(({ count }) => new Int32Array(count));
    for (const board of boards) {
      const { shares: of, strong } = this.#setBoard(board);
      const shares = river[this.#boards];
      sets.forEach((hands, set) => {
        const into = classes[set];
        for (let hand = 0; hand < hands.count; hand++) {
          const share = this.#riverShare[of[this.#evaluator.evaluate(hands.cards, hand * hands.k, hands.k)]];
          const own = strong ? levelOf(blocked(hands, hand, strong), blockers) : 0;
          into[hand] = into[hand] * shares + (strong ? share * (blockers.length + 1) + own : share);
        }
      });
    }
    return classes;
  }

  /** Class of every hand on boards that lack one card each, by a few of those cards, the same for the same boards. */
  turn(sets: readonly HandSet[], boards: readonly (readonly number[])[]): Int32Array[] {
    const dead = new Set(boards.flat());
    const free = Array.from({ length: DECK_SIZE }, (_, card) => card).filter((card) => !dead.has(card));
    const rivers = Array.from(
      { length: RIVERS },
      (_, index) => free[Math.floor(((index + 0.5) * free.length) / RIVERS)],
    );
    const runouts = boards.map((board) => rivers.map((river) => [...board, river]));
    return this.#early(sets, runouts, this.#grain.turn);
  }

  /** Finer classes by the final boards that are given for each board. */
  root(hands: HandSet, runouts: readonly (readonly (readonly number[])[])[]): Int32Array {
    return this.#early([hands], runouts, this.#grain.root)[0];
  }

  #early(
    sets: readonly HandSet[],
    runouts: readonly (readonly (readonly number[])[])[],
    grain: EarlyGrain,
  ): Int32Array[] {
    const classes = sets.map(({ count }) => new Int32Array(count));
    const shares = grain.shares[this.#boards];
    const spreads = this.#boards === 1 ? grain.spreads : [];
    for (const boards of runouts) {
      this.#moments(sets, boards).forEach(({ mean, spread }, set) => {
        const into = classes[set];
        for (let hand = 0; hand < into.length; hand++) {
          const share = powered(mean[hand], this.#grain.power, shares);
          into[hand] = into[hand] * shares + share * (spreads.length + 1) + levelOf(spread[hand], spreads);
        }
      });
    }
    return classes;
  }

  /** Mean and standard deviation of the share that each hand beats, over boards that share no card with it. */
  #moments(sets: readonly HandSet[], boards: readonly (readonly number[])[]): Moments[] {
    const moments = sets.map((hands) => ({
      hands,
      masks: cardMasks(hands),
      mean: new Float64Array(hands.count),
      spread: new Float64Array(hands.count),
      seen: new Uint16Array(hands.count),
    }));
    for (const board of boards) {
      const { shares } = this.#setBoard(board);
      const { low, high } = cardMasks({ k: 5, count: 1, cards: Uint8Array.from(board), weights: NO_WEIGHTS });
      for (const { hands, masks, mean, spread, seen } of moments) {
        for (let hand = 0; hand < hands.count; hand++) {
          if (((masks.low[hand] & low[0]) | (masks.high[hand] & high[0])) !== 0) continue;
          const share = shares[this.#evaluator.evaluate(hands.cards, hand * hands.k, hands.k)] / WHOLE;
          seen[hand]++;
          mean[hand] += share;
          spread[hand] += share * share;
        }
      }
    }
    for (const { mean, spread, seen } of moments) {
      for (let hand = 0; hand < mean.length; hand++) {
        const count = Math.max(1, seen[hand]);
        mean[hand] /= count;
        spread[hand] = Math.sqrt(Math.max(0, spread[hand] / count - mean[hand] ** 2));
      }
    }
    return moments;
  }

  /** Sets the evaluator's board and looks up what is known of it. */
  #setBoard(board: readonly number[]): KnownBoard {
    const [a, b, c, d, e] = board;
    this.#evaluator.setBoard(a, b, c, d, e);
    const key = handKey([...board].sort((x, y) => x - y));
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= KNOWN_BOARDS) this.#known.clear();
    const fresh = { shares: this.#sharesOn(board), strong: this.#boards === 1 ? this.#strongCards(board) : null };
    this.#known.set(key, fresh);
    return fresh;
  }

  /** What share of the reference hands each strength beats on the board that is set. */
  #sharesOn(board: readonly number[]): Uint16Array {
    const weights = this.#weights.fill(0);
    let total = 0;
    const { low, high } = cardMasks({ k: 5, count: 1, cards: Uint8Array.from(board), weights: NO_WEIGHTS });
    const masks = this.#referenceMasks;
    this.#reference.forEach((hands, set) => {
      for (let hand = 0; hand < hands.count; hand++) {
        if (((masks[set].low[hand] & low[0]) | (masks[set].high[hand] & high[0])) !== 0) continue;
        const weight = hands.weights[hand];
        weights[this.#evaluator.evaluate(hands.cards, hand * hands.k, hands.k)] += weight;
        total += weight;
      }
    });
    const shares = new Uint16Array(STRENGTHS);
    let below = 0;
    for (let strength = 0; strength < STRENGTHS; strength++) {
      const here = weights[strength];
      shares[strength] = total > 0 ? Math.round(((below + here / 2) / total) * WHOLE) : 0;
      below += here;
    }
    return shares;
  }

  /** For each card, the part of the strongest pairs of hole cards that contain it. */
  #strongCards(board: readonly number[]): Float64Array {
    const dead = new Set(board);
    const pairs: { readonly a: number; readonly b: number; readonly value: number }[] = [];
    const counts = this.#values.fill(0);
    for (let a = 1; a < DECK_SIZE; a++) {
      if (dead.has(a)) continue;
      for (let b = 0; b < a; b++) {
        if (dead.has(b)) continue;
        const value = this.#evaluator.pairValue(a, b);
        pairs.push({ a, b, value });
        counts[value]++;
      }
    }
    let least = STRENGTHS - 1;
    for (let found = 0; least > 0; least--) {
      found += counts[least];
      if (found >= STRONG_PAIRS) break;
    }
    const strong = pairs.filter(({ value }) => value >= least);
    const parts = new Float64Array(DECK_SIZE);
    for (const { a, b } of strong) {
      parts[a] += 1 / strong.length;
      parts[b] += 1 / strong.length;
    }
    return parts;
  }
}

function blocked(hands: HandSet, hand: number, parts: Float64Array): number {
  let sum = 0;
  for (let place = hand * hands.k; place < (hand + 1) * hands.k; place++) sum += parts[hands.cards[place]];
  return sum;
}
