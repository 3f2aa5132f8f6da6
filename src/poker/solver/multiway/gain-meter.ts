import { SolveCancelled } from "../../errors.js";
import type { DealList } from "./deal-list.js";
import type { Gain } from "./gain.js";
import type { Measure, SeatSample, TableSample } from "./measure.js";
import type { ActionMeans } from "./root-street.js";

/** Work (hands × nodes) done in a second on an ordinary core: by a seat's sample, by the table's. */
const SEAT_WORK_PER_SECOND = 2.5e7;
const TABLE_WORK_PER_SECOND = 8e6;
/** Shares of the time limit for the last measurement of all seats, and for the table's. */
const GAIN_SHARE = 0.22;
const TABLE_SHARE = 0.06;
/** Share for the values of the hero's hand, and the deals that are played out in a second. */
const HERO_SHARE = 0.03;
const HERO_DEALS_PER_SECOND = 40_000;
/** A measurement on the way costs this part of the last one. */
const COARSE = 1 / 6;
const LEAST_DEALS = 30;
const MOST_DEALS = 50_000;
const LEAST_HERO_DEALS = 500;
const MOST_HERO_DEALS = 100_000;
const LEAST_TABLE_DEALS = 200;
const MOST_TABLE_DEALS = 50_000;

/** The last measurement of average play. */
export interface FinalMeasurement {
  readonly table: TableSample;
  readonly samples: readonly SeatSample[];
  /** By seat: what {@link Measure.valuesOf} makes of its sample. */
  readonly values: readonly (readonly Float64Array[])[];
  readonly gains: readonly Gain[];
  /**
   * Deals on which each seat's deviation was chosen, and others on which it was measured: the fewest of all seats. Null
   * when all deals were gone through for every seat, and the gains are exact.
   */
  readonly deals: number | null;
  /** Random deals that the table's values come from; null when all were gone through. */
  readonly tableDeals: number | null;
  /** Values of the root's actions to the hero's hand; null without one that acts there, or where all deals were gone through. */
  readonly hero: ActionMeans | null;
}

/**
 * Measures what deviating gains each seat, as finely as a fixed share of the time limit allows. The work depends on the
 * limit alone, never on the clock, so that equal jobs give equal answers.
 */
export class GainMeter {
  readonly #measure: Measure;
  readonly #seats: number;
  readonly #seconds: number;
  readonly #stop: () => boolean;

  /**
   * @param stop asked between seats; true ends the measurement with SolveCancelled
   */
  constructor(measure: Measure, seats: number, timeLimitSeconds: number, stop: () => boolean) {
    this.#measure = measure;
    this.#seats = seats;
    this.#seconds = timeLimitSeconds;
    this.#stop = stop;
  }

  /** Seconds that {@link final} is expected to take. */
  get finalSeconds(): number {
    return this.#seconds * (GAIN_SHARE + TABLE_SHARE + HERO_SHARE);
  }

  /** A measurement on the way. */
  coarse(): Gain[] {
    return this.#everySeat((seat) => {
      const all = this.#allDeals(seat, COARSE);
      if (all) return this.#measure.exactGain(seat, this.#measure.sampleSeat(seat, all));
      const deals = this.#deals(seat, COARSE);
      return this.#measure.gain(seat, this.#measure.sampleSeat(seat, deals), deals);
    });
  }

  /**
   * @param always by seat: a hand to look at in every deal, -1 for none
   * @param rootSeat seat that acts at the root
   * @param hurried whether to be no finer than on the way, because the end is waited for
   */
  final(always: readonly number[], rootSeat: number, hurried: boolean): FinalMeasurement {
    const part = hurried ? COARSE : 1;
    const random = this.#tableDeals(part);
    const listed = this.#measure.listDeals(-1, random);
    const table = this.#measure.sampleTable(listed ?? random);
    const lists = this.#everySeat((seat) => this.#allDeals(seat, part));
    const samples = this.#everySeat((seat) =>
      this.#measure.sampleSeat(seat, lists[seat] ?? this.#deals(seat, part), always[seat]),
    );
    const gains = this.#everySeat((seat) => {
      const sample = samples[seat];
      return lists[seat]
        ? this.#measure.exactGain(seat, sample)
        : this.#measure.gain(seat, sample, this.#deals(seat, part));
    });
    const values = samples.map((sample, seat) => this.#measure.valuesOf(seat, sample, lists[seat] !== null));
    const sampled = lists.flatMap((list, seat) => (list ? [] : [this.#deals(seat, part)]));
    const deals = sampled.length > 0 ? Math.min(...sampled) : null;
    const held = always[rootSeat];
    const hero = held < 0 || lists[rootSeat] ? null : this.#measure.rootActions(held, this.#heroDeals(part));
    return { table, samples, values, gains, deals, tableDeals: listed ? null : random, hero };
  }

  /** All deals to a seat's opponents, where going through them costs no more than choosing and measuring on samples. */
  #allDeals(seat: number, part: number): DealList | null {
    return this.#measure.listDeals(seat, 2 * this.#deals(seat, part));
  }

  #everySeat<T>(of: (seat: number) => T): T[] {
    return Array.from({ length: this.#seats }, (_, seat) => {
      if (this.#stop()) throw new SolveCancelled("the solver was told to stop");
      return of(seat);
    });
  }

  #deals(seat: number, part: number): number {
    const work = (this.#seconds * GAIN_SHARE * SEAT_WORK_PER_SECOND * part) / (2 * this.#seats);
    return Math.round(Math.min(MOST_DEALS, Math.max(LEAST_DEALS, work / this.#measure.dealCost(seat))));
  }

  #heroDeals(part: number): number {
    const deals = this.#seconds * HERO_SHARE * HERO_DEALS_PER_SECOND * part;
    return Math.round(Math.min(MOST_HERO_DEALS, Math.max(LEAST_HERO_DEALS, deals)));
  }

  #tableDeals(part: number): number {
    const work = this.#seconds * TABLE_SHARE * TABLE_WORK_PER_SECOND * part;
    return Math.round(Math.min(MOST_TABLE_DEALS, Math.max(LEAST_TABLE_DEALS, work / this.#measure.tableCost)));
  }
}
