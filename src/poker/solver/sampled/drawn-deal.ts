import { Random, shuffleStart } from "../../random.js";
import { createSharedMemory } from "../../wasm/shared-memory.js";
import { type DrawnHands, RangeDrawer } from "../abstraction/cap-range.js";
import type { HandClasses } from "../abstraction/hand-classes.js";
import { type DealModel, omahaDeal, remainingCards } from "../game/deal-model.js";
import { type CardMasks, cardMasks, type HandSet, selectHands } from "../game/hand-set.js";
import { indexSubsets, type SlotIndex } from "../game/subset-slots.js";
import { LeafSweeps } from "../vector/leaf-sweeps.js";
import { type Layout, layOutGame } from "../vector/memory-layout.js";
import { HAND_BITS, type SharedGame, writeSlots } from "../vector/shared-game.js";
import { type StreetViews, viewStreet } from "../vector/street-views.js";
import { DrawnCards, waysToDeal } from "./drawn-cards.js";
import type { SampledGame } from "./sampled-game.js";

/** A number of the streams of random numbers that no deal has. */
const ORDER_STREAM = 0x0de1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type BySeat<T> = readonly [T, T];
/** Which way each street after the root is dealt. */
type Outcomes = readonly number[];

/** The cards to come, and what the drawn hands are on them. */
interface Runout {
  readonly outcomes: Outcomes;
  /** By seat and board: hands by strength, packed. */
  readonly orders: BySeat<readonly Uint32Array[]>;
  /** Row of each drawn hand in the tables, by level and seat; the root street's is empty. */
  readonly rows: readonly BySeat<Int32Array>[];
}

/**
 * Memory of a {@link DrawnDeal}, without allocating it.
 *
 * @param most hands of a seat that a deal may hold
 */
export function layOutDrawn(
  { blocks, ranges }: Pick<SampledGame, "blocks" | "ranges">,
  deal: DealModel,
  most: number,
): { readonly hands: readonly [HandSet, HandSet]; readonly layout: Layout } {
  const { k } = ranges[0];
  // A drawn range may have a hand more than wanted, and the hero's.
  const sized = ranges.map((range): HandSet => ({ ...range, count: Math.min(range.count, most + 2) }));
  const hands: readonly [HandSet, HandSet] = [sized[0], sized[1]];
  const slots = [0, 1].map((seat) => hands[seat].count * 2 ** k) as [number, number];
  const layout = layOutGame(
    { hands, deal },
    blocks,
    { first: 1, later: 1 },
    { slotCount: Math.min(...slots) + 1, slotLengths: slots },
    null,
  );
  return { hands, layout };
}

/** One thread's place to draw hands and cards in, deal after deal, and the views and sweeps to walk them with. */
export class DrawnDeal {
  readonly streets: readonly StreetViews[];
  readonly sweeps: LeafSweeps;
  readonly dealt: DrawnCards;
  /** What a deal counts for, by level: one over the chance that two hands leave it, times what it stands for. */
  readonly scales: Float64Array;
  /** Card subsets of the drawn hands. */
  index: SlotIndex | null = null;
  masks: BySeat<CardMasks>;
  /** Place of each drawn hand in its range, by seat. */
  places: BySeat<Int32Array>;
  /** Row of each drawn hand in the tables, by level and seat, on the runout that is open. */
  rows: readonly BySeat<Int32Array>[] = [];
  readonly #game: SampledGame;
  readonly #shared: Mutable<SharedGame>;
  readonly #deal: DealModel;
  readonly #classes: HandClasses;
  readonly #drawers: BySeat<RangeDrawer>;
  #runouts: readonly Runout[] = [];
  #middle: { readonly first: number; readonly rows: BySeat<Int32Array> } | null = null;

  /**
   * @param classes of the game's hands on later streets
   * @param most hands of a seat that a deal may hold
   */
  constructor(game: SampledGame, classes: HandClasses, most = game.combosPerDeal) {
    const { blocks, ranges, boards } = game;
    this.#game = game;
    this.#deal = omahaDeal(boards);
    this.#classes = classes;
    this.#drawers = [new RangeDrawer(ranges[0]), new RangeDrawer(ranges[1])];
    const { hands, layout } = layOutDrawn(game, this.#deal, most);
    this.#shared = {
      memory: createSharedMemory(layout.bytes),
      layout,
      blocks,
      hands,
      boards: boards.length,
      remaining: remainingCards(this.#deal),
      deals: { first: 1, later: 1 },
      locks: null,
    };
    this.streets = blocks.map((_, level) => viewStreet(this.#shared, level, 0));
    this.dealt = new DrawnCards(this.#deal.boards, this.#shared.remaining);
    this.sweeps = new LeafSweeps(this.#shared, 0, this.dealt);
    this.scales = this.#scales(2 * ranges[0].k);
    this.masks = [cardMasks(hands[0]), cardMasks(hands[1])];
    this.places = [new Int32Array(0), new Int32Array(0)];
  }

  /** Hands of this deal, with the weights that they stand for. */
  get hands(): readonly [HandSet, HandSet] {
    return this.#shared.hands;
  }

  /** Runouts that were drawn for these hands; {@link open} makes one the deal's. */
  get runouts(): number {
    return this.#runouts.length;
  }

  /**
   * Draws hands of both ranges and several times all cards to come: number `index` of a stream. The first cards of a
   * stream come in random order without repetition, so that each comes equally often.
   *
   * @param alone a seat that holds no hand but the hero's
   */
  draw(stream: number, index: number, alone: 0 | 1 | null = null): void {
    const { seed, combosPerDeal, heroes, runoutsPerDeal } = this.#game;
    const random = Random.ofStream([seed, stream, index]);
    const drawn = ([0, 1] as const).map((seat) =>
      seat === alone
        ? { chosen: [heroes[seat]], weights: [1] }
        : this.#drawers[seat].draw(combosPerDeal, heroes[seat], random),
    );
    this.hold([drawn[0], drawn[1]]);
    this.#runouts = Array.from({ length: runoutsPerDeal }, (_, runout) =>
      this.#runout(this.#outcomes(stream, index * runoutsPerDeal + runout, random)),
    );
    this.open(0);
  }

  /** Deals these hands, and no cards yet. */
  hold(drawn: BySeat<DrawnHands>): void {
    const { ranges, rootRows } = this.#game;
    const handsOf = (seat: 0 | 1): HandSet => selectHands(ranges[seat], drawn[seat].chosen, drawn[seat].weights);
    const hands: BySeat<HandSet> = [handsOf(0), handsOf(1)];
    this.#shared.hands = hands;
    this.places = [Int32Array.from(drawn[0].chosen), Int32Array.from(drawn[1].chosen)];
    this.masks = [cardMasks(hands[0]), cardMasks(hands[1])];
    this.index = indexSubsets(hands[0], hands[1]);
    writeSlots(this.#shared, this.index);
    const rootRowsOf = (seat: 0 | 1): Int32Array => this.places[seat].map((place) => rootRows[seat][place]);
    this.rows = [[rootRowsOf(0), rootRowsOf(1)]];
    this.#middle = null;
    this.#runouts = [];
  }

  /** Makes a drawn runout the one that walks see. */
  open(runout: number): void {
    this.#use(this.#runouts[runout]);
  }

  /** Makes any runout the one that walks see. */
  openOutcome(outcomes: Outcomes): void {
    this.#use(this.#runout(outcomes));
  }

  #use({ outcomes, orders, rows }: Runout): void {
    this.#place(outcomes);
    this.rows = [this.rows[0], ...rows.slice(1)];
    const { memory, layout, hands } = this.#shared;
    for (const seat of [0, 1] as const) {
      orders[seat].forEach((sorted, board) => {
        const at = layout.orders[seat] + board * hands[seat].count * 8;
        const order = new Uint32Array(memory.buffer, at, sorted.length * 2);
        for (let place = 0; place < sorted.length; place++) {
          order[place * 2] = sorted[place] & ((1 << HAND_BITS) - 1);
          order[place * 2 + 1] = sorted[place] >>> HAND_BITS;
        }
        new Uint32Array(memory.buffer, layout.orderCounts[seat] + board * 4, 1)[0] = sorted.length;
      });
    }
  }

  #place(outcomes: Outcomes): void {
    for (let level = 1; level < this.streets.length; level++) this.dealt.place(level, outcomes[level - 1]);
  }

  #runout(outcomes: Outcomes): Runout {
    this.#place(outcomes);
    const last = this.streets.length - 1;
    const boards = this.dealt.boardsAt(last);
    const ordersOf = (seat: 0 | 1): Uint32Array[] =>
      boards.map((board) => this.#order(seat, this.#deal.strengths(this.hands[seat], board)));
    const rows = this.streets.map((_, level): BySeat<Int32Array> => {
      if (level === 0) return [new Int32Array(0), new Int32Array(0)];
      if (level < last) return this.#middleRows(level, outcomes);
      const [first, second] = this.#classes.river(this.hands, boards);
      return [first, second];
    });
    return { outcomes, orders: [ordersOf(0), ordersOf(1)], rows };
  }

  /** Rows on a street between the root and the river; those of a turn card that stays are worked out once. */
  #middleRows(level: number, outcomes: Outcomes): BySeat<Int32Array> {
    const boards = this.dealt.boardsAt(level);
    const [first] = outcomes;
    if (level > 1 || outcomes.length > 2) {
      const [own, other] =
        boards[0].length === 3 ? this.#classes.flop(this.hands, boards) : this.#classes.turn(this.hands, boards);
      return [own, other];
    }
    if (this.#middle?.first !== first) {
      const [own, other] = this.#classes.turn(this.hands, boards);
      this.#middle = { first, rows: [own, other] };
    }
    return this.#middle.rows;
  }

  /** A seat's hands that hold no dealt card by strength: (strength, hand) packed, ascending. */
  #order(seat: 0 | 1, strengths: Uint16Array): Uint32Array {
    const { low, high } = this.masks[seat];
    const last = this.streets.length - 1;
    const [deadLow, deadHigh] = [this.dealt.deadLow[last], this.dealt.deadHigh[last]];
    const packed = new Uint32Array(strengths.length);
    let filled = 0;
    for (let hand = 0; hand < strengths.length; hand++) {
      if (((low[hand] & deadLow) | (high[hand] & deadHigh)) === 0)
        packed[filled++] = ((strengths[hand] << HAND_BITS) | hand) >>> 0;
    }
    return packed.subarray(0, filled).sort();
  }

  #outcomes(stream: number, index: number, random: Random): Outcomes {
    const levels = this.streets.length - 1;
    const later = (from: number): number[] =>
      Array.from({ length: levels - from + 1 }, (_, step) => random.below(this.dealt.waysAt(from + step)));
    if (levels > 2) return later(1);
    const firsts = this.dealt.waysAt(1);
    const order = Array.from({ length: firsts }, (_, outcome) => outcome);
    const round = Math.floor(index / firsts);
    const place = index % firsts;
    shuffleStart(order, place + 1, Random.ofStream([this.#game.seed, stream, round, ORDER_STREAM]));
    return [order[place], ...later(2)];
  }

  /** Strength of each of a seat's hands on each final board of the open runout; -1 for hands that hold a dealt card. */
  strengths(seat: 0 | 1): Int32Array[] {
    const level = this.streets.length - 1;
    const { low, high } = this.masks[seat];
    const [deadLow, deadHigh] = [this.dealt.deadLow[level], this.dealt.deadHigh[level]];
    return this.dealt
      .boardsAt(level)
      .map((board) =>
        Int32Array.from(this.#deal.strengths(this.hands[seat], board), (strength, hand) =>
          ((low[hand] & deadLow) | (high[hand] & deadHigh)) === 0 ? strength : -1,
        ),
      );
  }

  /** Ways to deal the first street after the root, and the second after it. */
  get outcomeCounts(): readonly [number, number] {
    return [this.dealt.waysAt(1), this.dealt.waysAt(2)];
  }

  /** The chance of a deal given two hands that leave it, over the chance that it was drawn. */
  #scales(held: number): Float64Array {
    const { boards, blocks } = this.#shared;
    const scales = new Float64Array(blocks.length);
    for (let level = 1; level < blocks.length; level++) {
      const left = this.dealt.leftAt(level);
      const cards = this.dealt.cardsAt(level);
      scales[level] = waysToDeal(left, cards, boards) / waysToDeal(left - held, cards, boards);
    }
    return scales;
  }
}
