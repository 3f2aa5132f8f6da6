import { DECK_SIZE } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import { Random } from "../../random.js";
import { remainingCards } from "../game/deal-model.js";
import { type CardMasks, cardMasks, type HandSet, handKey } from "../game/hand-set.js";
import { capRange } from "./cap-range.js";
import { type BlockerGrain, type EarlyGrain, GRAINS, type Grain, type GrainName } from "./class-grains.js";

/** Strengths are below this. */
const STRENGTHS = 8192;
/** Hands of each range by which strengths become shares beaten. */
const REFERENCE_HANDS = 1500;
/** The same before the flop, where hardly any board comes twice. */
const REFERENCE_HANDS_PREFLOP = 250;
/** Of them every so many tell where the levels of blocking part. */
const BOUND_STEP = 8;
/**
 * Hands are told apart by how much they block of what beats this share of all hands on the river, and of what beats the next
 * one but not this: whom a bluff must not meet, and whom a bet wants to be called by.
 */
const TOP_SHARE = 0.85;
const MIDDLE_SHARE = 0.5;
/** Rivers looked at after a turn card, turns and rivers after a flop. */
const RIVERS = 12;
const FLOP_RUNOUTS = 16;
const SECOND_STEP = 11;
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
  /** Null with two boards, and where nobody asked for them. */
  readonly bands: Bands | null;
}

/** For each card, the part of the strongest hands that hold it, and of those in the middle. */
interface Bands {
  readonly top: Float64Array;
  readonly middle: Float64Array;
}

/** Bounds between the levels of blocking either band. */
interface Blocking extends Bands {
  readonly topBounds: readonly number[];
  readonly middleBounds: readonly number[];
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
 * beats and by how much of the strong and the middling hands it blocks; before, by the mean of that share over the cards to
 * come and by its spread, which tells draws from made hands, on the turn by what it blocks too. The same board and hand always give the same class.
 */
export class HandClasses {
  readonly #evaluator = new OmahaEvaluator(evaluatorTables());
  readonly #reference: readonly HandSet[];
  readonly #referenceMasks: readonly CardMasks[];
  readonly #boards: number;
  readonly #preflop: boolean;
  readonly #weights = new Float64Array(STRENGTHS);
  readonly #known = new Map<number, KnownBoard>();
  /** By board, complete or not. */
  readonly #blocking = new Map<number, Blocking>();
  readonly #riverShare: Uint8Array;
  readonly #grain: Grain;

  /**
   * @param ranges sorted by strength
   * @param boards number of boards
   * @param preflop whether flops are drawn too
   */
  constructor(ranges: readonly HandSet[], boards: number, grain: GrainName, preflop: boolean) {
    const random = Random.fromSeed(REFERENCE_SEED);
    this.#reference = ranges.map((range) =>
      capRange(range, preflop ? REFERENCE_HANDS_PREFLOP : REFERENCE_HANDS, -1, random),
    );
    this.#referenceMasks = this.#reference.map(cardMasks);
    this.#boards = boards;
    this.#preflop = preflop;
    this.#grain = GRAINS[grain];
    const { river, power } = this.#grain;
    this.#riverShare = Uint8Array.from({ length: WHOLE + 1 }, (_, share) =>
      powered(share / WHOLE, power, river[boards]),
    );
  }

  get riverClasses(): number {
    const { river, blockers } = this.#grain;
    return (river[this.#boards] * (this.#boards === 1 ? levels(blockers) : 1)) ** this.#boards;
  }

  get turnClasses(): number {
    const { turn } = this.#grain;
    return this.#classCount(turn) * (this.#tellsBlockersEarly ? levels(turn.blockers) : 1);
  }

  /** With two boards there are classes enough; before the flop what all boards of a deal take would take too long. */
  get #tellsBlockersEarly(): boolean {
    return this.#boards === 1 && !this.#preflop;
  }

  get flopClasses(): number {
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
      const { shares: of, bands } = this.#setBoard(board, true);
      const shares = river[this.#boards];
      sets.forEach((hands, set) => {
        const into = classes[set];
        for (let hand = 0; hand < hands.count; hand++) {
          const share = this.#riverShare[of[this.#evaluator.evaluate(hands.cards, hand * hands.k, hands.k)]];
          into[hand] = into[hand] * shares + share;
        }
      });
      if (bands) this.#tellBlockers(sets, board, () => bands, blockers, classes);
    }
    return classes;
  }

  /** Class of every hand on boards that lack one card each, by a few of those cards, the same for the same boards. */
  turn(sets: readonly HandSet[], boards: readonly (readonly number[])[]): Int32Array[] {
    const free = remainingCards({ boards, deckSize: DECK_SIZE });
    const rivers = Array.from(
      { length: RIVERS },
      (_, index) => free[Math.floor(((index + 0.5) * free.length) / RIVERS)],
    );
    const runouts = boards.map((board) => rivers.map((river) => [...board, river]));
    const { turn } = this.#grain;
    const classes = this.#early(sets, runouts, turn);
    if (this.#tellsBlockersEarly)
      this.#tellBlockers(sets, boards[0], () => this.#meanBands(runouts[0]), turn.blockers, classes);
    return classes;
  }

  /** Parts each class by how much its hands block. @param bandsOf what there is to block on the board, if it is new */
  #tellBlockers(
    sets: readonly HandSet[],
    board: readonly number[],
    bandsOf: () => Bands,
    grain: BlockerGrain,
    classes: readonly Int32Array[],
  ): void {
    const { top, middle, topBounds, middleBounds } = this.#blockingOn(board, bandsOf, grain);
    sets.forEach((hands, set) => {
      const into = classes[set];
      for (let hand = 0; hand < into.length; hand++) {
        const own = levelOf(blocked(hands, hand, top), topBounds);
        into[hand] =
          (into[hand] * grain.top + own) * grain.middle + levelOf(blocked(hands, hand, middle), middleBounds);
      }
    });
  }

  #blockingOn(board: readonly number[], bandsOf: () => Bands, grain: BlockerGrain): Blocking {
    const key = boardKey(board);
    const known = this.#blocking.get(key);
    if (known) return known;
    if (this.#blocking.size >= KNOWN_BOARDS) this.#blocking.clear();
    const { top, middle } = bandsOf();
    const fresh = {
      top,
      middle,
      topBounds: this.#boundsOf(board, top, grain.top),
      middleBounds: this.#boundsOf(board, middle, grain.middle),
    };
    this.#blocking.set(key, fresh);
    return fresh;
  }

  /** Bounds that part the reference hands in as many levels, each as large as the others. */
  #boundsOf(board: readonly number[], parts: Float64Array, count: number): number[] {
    const dead = boardMasks(board);
    const sums: number[] = [];
    this.#reference.forEach((hands, set) => {
      for (let hand = 0; hand < hands.count; hand += BOUND_STEP)
        if (!holds(this.#referenceMasks[set], hand, dead)) sums.push(blocked(hands, hand, parts));
    });
    const sorted = Float64Array.from(sums).sort();
    return Array.from(
      { length: count - 1 },
      (_, level) => sorted[Math.floor(((level + 1) / count) * sorted.length)] ?? 0,
    );
  }

  /** The bands of several final boards, on the average. */
  #meanBands(boards: readonly (readonly number[])[]): Bands {
    const mean: Bands = { top: new Float64Array(DECK_SIZE), middle: new Float64Array(DECK_SIZE) };
    for (const board of boards) {
      const { bands } = this.#setBoard(board);
      for (let card = 0; card < DECK_SIZE && bands; card++) {
        mean.top[card] += bands.top[card] / boards.length;
        mean.middle[card] += bands.middle[card] / boards.length;
      }
    }
    return mean;
  }

  /** Class of every hand on boards that lack two cards each, by a few ways to deal them, the same for the same boards. */
  flop(sets: readonly HandSet[], boards: readonly (readonly number[])[]): Int32Array[] {
    const free = remainingCards({ boards, deckSize: DECK_SIZE });
    const at = (place: number): number => free[place % free.length];
    const runouts = Array.from({ length: FLOP_RUNOUTS }, (_, index) => {
      const first = Math.floor(((index + 0.5) * free.length) / FLOP_RUNOUTS);
      return [at(first), at(first + 1 + ((index * SECOND_STEP) % (free.length - 1)))];
    });
    return this.#early(
      sets,
      boards.map((board) => runouts.map((cards) => [...board, ...cards])),
      this.#grain.turn,
    );
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
      const dead = boardMasks(board);
      for (const { hands, masks, mean, spread, seen } of moments) {
        for (let hand = 0; hand < hands.count; hand++) {
          if (holds(masks, hand, dead)) continue;
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

  /** Sets the evaluator's board and looks up what is known of it. @param blockers whether to know the bands too */
  #setBoard(board: readonly number[], blockers = !this.#preflop): KnownBoard {
    const [a, b, c, d, e] = board;
    this.#evaluator.setBoard(a, b, c, d, e);
    const key = boardKey(board);
    const known = this.#known.get(key);
    if (known && (known.bands || !blockers)) return known;
    if (this.#known.size >= KNOWN_BOARDS) this.#known.clear();
    const strengths = this.#referenceStrengths(board);
    const shares = this.#sharesOf(strengths);
    const fresh = { shares, bands: blockers && this.#boards === 1 ? this.#bandsOf(strengths, shares) : null };
    this.#known.set(key, fresh);
    return fresh;
  }

  /** Strengths of the reference hands on the board that is set; -1 for those that hold a card of it. */
  #referenceStrengths(board: readonly number[]): Int16Array[] {
    const dead = boardMasks(board);
    return this.#reference.map((hands, set) =>
      Int16Array.from({ length: hands.count }, (_, hand) =>
        holds(this.#referenceMasks[set], hand, dead)
          ? -1
          : this.#evaluator.evaluate(hands.cards, hand * hands.k, hands.k),
      ),
    );
  }

  /** What share of the reference hands each strength beats. */
  #sharesOf(strengths: readonly Int16Array[]): Uint16Array {
    const weights = this.#weights.fill(0);
    let total = 0;
    this.#reference.forEach((hands, set) => {
      for (let hand = 0; hand < hands.count; hand++) {
        const strength = strengths[set][hand];
        if (strength < 0) continue;
        weights[strength] += hands.weights[hand];
        total += hands.weights[hand];
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

  /** For each card, the part of the strongest reference hands that hold it, and of those in the middle. */
  #bandsOf(strengths: readonly Int16Array[], shares: Uint16Array): Bands {
    const bands: Bands = { top: new Float64Array(DECK_SIZE), middle: new Float64Array(DECK_SIZE) };
    const totals = { top: 0, middle: 0 };
    this.#reference.forEach((hands, set) => {
      for (let hand = 0; hand < hands.count; hand++) {
        const strength = strengths[set][hand];
        const share = strength < 0 ? 0 : shares[strength];
        if (share < MIDDLE_SHARE * WHOLE) continue;
        const band = share >= TOP_SHARE * WHOLE ? "top" : "middle";
        totals[band] += hands.weights[hand];
        for (let place = hand * hands.k; place < (hand + 1) * hands.k; place++) {
          bands[band][hands.cards[place]] += hands.weights[hand];
        }
      }
    });
    for (const band of ["top", "middle"] as const) {
      for (let card = 0; card < DECK_SIZE && totals[band] > 0; card++) bands[band][card] /= totals[band];
    }
    return bands;
  }
}

const levels = ({ top, middle }: BlockerGrain): number => top * middle;

/** Tells boards of any length apart. */
const boardKey = (board: readonly number[]): number => handKey([board.length, ...[...board].sort((x, y) => x - y)]);

function boardMasks(board: readonly number[]): CardMasks {
  return cardMasks({ k: board.length, count: 1, cards: Uint8Array.from(board), weights: NO_WEIGHTS });
}

/** Whether a hand holds one of the cards. */
function holds({ low, high }: CardMasks, hand: number, cards: CardMasks): boolean {
  return ((low[hand] & cards.low[0]) | (high[hand] & cards.high[0])) !== 0;
}

function blocked(hands: HandSet, hand: number, parts: Float64Array): number {
  let sum = 0;
  for (let place = hand * hands.k; place < (hand + 1) * hands.k; place++) sum += parts[hands.cards[place]];
  return sum;
}
