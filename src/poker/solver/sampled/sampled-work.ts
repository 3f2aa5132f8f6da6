import { Random, shuffleStart } from "../../random.js";
import { type DrawnHands, RangeDrawer } from "../abstraction/cap-range.js";
import { HandClasses } from "../abstraction/hand-classes.js";
import { CardRemoval } from "../game/card-removal.js";
import { DrawnDeal } from "./drawn-deal.js";
import { LockedRows } from "./locked-rows.js";
import { type DealInPlay, measureDeal, measureHero, measuresOf, weighted } from "./measure-deal.js";
import { type Half, type OutcomeList, ResponseMeter } from "./response-meter.js";
import { addRegrets, addToSums, sharesByRegret, sharesOnAverage } from "./row-pass.js";
import {
  answerRegrets,
  KNOWN_DEALS,
  REPLICATES,
  responseSize,
  type SampledGame,
  SUM_SET,
  type TableSet,
  tableSet,
} from "./sampled-game.js";
import { type RowPlay, SampledWalker } from "./sampled-walker.js";

/** Average reach below which a hand goes on by its regrets: its strategy there stems from early deals. */
const LEAST_REACH = 0.01;
/** Exponent of a deal's weight in the average strategy. */
const GAMMA = 2;

type Regrets = readonly (readonly [Float32Array, Float32Array])[];

/** One thread's means to work on the deals of a sampled game. */
export class SampledWork implements DealInPlay {
  readonly game: SampledGame;
  readonly deal: DrawnDeal;
  readonly walker: SampledWalker;
  readonly #classes: HandClasses;
  readonly #sets = new Map<number, TableSet>();
  #answers: Regrets | null = null;
  readonly #locked: LockedRows;
  readonly #deltas: readonly (readonly [Float32Array, Float32Array])[];
  /** Rows that a walk has touched, by level. */
  readonly #touched: readonly Set<number>[];

  constructor(game: SampledGame) {
    this.game = game;
    this.#locked = new LockedRows(game);
    this.#classes = new HandClasses(game.ranges, game.boards.length, game.grain, game.boards[0].length === 0);
    this.deal = new DrawnDeal(game, this.#classes);
    this.walker = new SampledWalker(this.deal, game.rowCounts);
    this.#deltas = game.blocks.map(({ rowLength }, level) => [
      new Float32Array(game.rowCounts[level][0] * rowLength[0]),
      new Float32Array(game.rowCounts[level][1] * rowLength[1]),
    ]);
    this.#touched = game.blocks.map(() => new Set());
  }

  /** Iteration number `done` of a replicate: both seats learn from one deal. */
  train(replicate: number, done: number): void {
    this.deal.draw(replicate, done);
    for (const seat of [0, 1] as const) {
      const other = seat === 0 ? 1 : 0;
      this.walker.walk(seat, this.#present(other, replicate, done), this.#learn(seat, this.set(replicate).regrets));
      this.#update(seat, this.set(replicate).regrets, done);
    }
    this.#keepEarly(replicate, done + 1);
  }

  /** Keeps the sums of the root street as they are after a power of two of deals: what changes later was not settled. */
  #keepEarly(replicate: number, done: number): void {
    const power = Math.log2(done);
    if (!Number.isInteger(power)) return;
    const { early, sums } = this.set(replicate);
    for (const seat of [0, 1] as const) early[power % 2 === 0 ? 0 : 1][seat].set(sums[0][seat]);
  }

  /** Measures play on one more deal; see {@link measureDeal}. */
  measure(batch: number, stream: number, done: number): void {
    this.deal.draw(stream, done);
    measureDeal(this, batch, batch % REPLICATES);
  }

  /** Measures the hero's hand on one more deal; see {@link measureHero}. */
  measureHero(batch: number, stream: number, done: number): void {
    const seat = this.game.heroes[0] >= 0 ? 0 : 1;
    this.deal.draw(stream, done, seat);
    measureHero(this, seat, batch, batch % REPLICATES);
  }

  /**
   * Looks for a seat's best answer to the other's average strategy on one deal; see {@link ResponseMeter}.
   *
   * @param goOn called now and then; may throw
   */
  respond(seat: 0 | 1, batch: number, stream: number, goOn: () => void): void {
    const { seed, ranges } = this.game;
    const response = responseSize(this.game);
    const other = seat === 0 ? 1 : 0;
    const random = Random.ofStream([seed, stream, 0]);
    const draw = (of: 0 | 1, limit: number): DrawnHands => new RangeDrawer(ranges[of]).draw(limit, -1, random);
    const responders = draw(seat, response.responders);
    const whole = ranges[other].count <= response.opponents;
    const opponents = draw(other, whole ? response.opponents : response.opponents * 2);
    const most = Math.max(responders.chosen.length, Math.ceil(opponents.chosen.length / (whole ? 1 : 2)));
    const halfOf = (half: number): Half => {
      const deal = new DrawnDeal(this.game, this.#classes, most);
      const theirs = whole ? opponents : everyOther(opponents, half);
      deal.hold(seat === 0 ? [responders, theirs] : [theirs, responders]);
      return { deal, walker: new SampledWalker(deal, this.game.rowCounts) };
    };
    const halves = [halfOf(0), halfOf(1)] as const;
    const meter = new ResponseMeter(halves, seat, this.average(other, SUM_SET), this.playOn(seat, SUM_SET));
    const list = (level: 0 | 1): OutcomeList =>
      drawOutcomes(halves[0].deal.outcomeCounts[level], response.outcomes[level], random);
    const into = measuresOf(this.game, batch).bounds[seat];
    for (const { pairs, below, above } of meter.measure(list(0), () => list(1), goOn)) {
      into[0] += pairs;
      into[1] += below;
      into[2] += above;
    }
  }

  /**
   * A seat's answer to the other's average strategy learns from one more deal. It chooses by the same classes as the
   * strategies do.
   */
  learnAnswer(seat: 0 | 1, stream: number, done: number): void {
    const other = seat === 0 ? 1 : 0;
    const regrets = this.#answerRegrets();
    this.deal.draw(stream, done);
    this.walker.walk(seat, this.average(other, SUM_SET), this.#learn(seat, regrets));
    this.#update(seat, regrets, KNOWN_DEALS + done);
  }

  /** What the answers that were learnt win beyond average play on one more deal. */
  measureGains(batch: number, stream: number, done: number): void {
    const { deal, walker } = this;
    deal.draw(stream, done);
    const { hands, index } = deal;
    if (!index) throw new Error("no hands are drawn");
    const met = new CardRemoval(hands[0], hands[1], index).compatible(0, hands[1].weights);
    const pairs = weighted(met, hands[0].weights);
    for (const seat of [0, 1] as const) {
      const opponent = this.average(seat === 0 ? 1 : 0, SUM_SET);
      const usual = walker.walk(seat, opponent, this.playOn(seat, SUM_SET));
      const best = walker.walk(seat, opponent, this.#answer(seat));
      const gain = best.reduce((sum, value, hand) => sum + (value - usual[hand]) * hands[seat].weights[hand], 0);
      const into = measuresOf(this.game, batch).bounds[seat];
      into[0] += pairs;
      into[1] += gain;
      into[2] += gain;
    }
  }

  /** A seat's answer as it was learnt. */
  #answer(seat: 0 | 1): RowPlay {
    return { shares: this.#sharesBy(seat, this.#answerRegrets()) };
  }

  #answerRegrets(): Regrets {
    this.#answers ??= answerRegrets(this.game);
    return this.#answers;
  }

  set(index: number): TableSet {
    let set = this.#sets.get(index);
    if (!set) {
      set = tableSet(this.game, index);
      this.#sets.set(index, set);
    }
    return set;
  }

  /** The opponent's average strategy. */
  average(seat: 0 | 1, index: number): RowPlay {
    const { blocks } = this.game;
    const tables = this.set(index);
    return {
      shares: (level, row, out) => {
        const at = row * blocks[level].rowLength[seat];
        sharesOnAverage(blocks[level], seat, this.#tables(tables, level, seat), at, 0, out);
        this.#locked.keep(level, seat, row, out);
      },
    };
  }

  /** A seat's own average strategy. */
  playOn(seat: 0 | 1, index: number): RowPlay {
    const { blocks } = this.game;
    const tables = this.set(index);
    return {
      shares: (level, row, out) => {
        const least = LEAST_REACH * tables.presence[level][seat][row];
        const at = row * blocks[level].rowLength[seat];
        sharesOnAverage(blocks[level], seat, this.#tables(tables, level, seat), at, least, out);
        this.#locked.keep(level, seat, row, out);
      },
      locked: (level, row) => this.#locked.of(level, seat, row),
    };
  }

  #tables({ regrets, sums }: TableSet, level: number, seat: 0 | 1): { regrets: Float32Array; sums: Float32Array } {
    return { regrets: regrets[level][seat], sums: sums[level][seat] };
  }

  /** The opponent's present strategy, which enters his average. */
  #present(seat: 0 | 1, replicate: number, done: number): RowPlay {
    const { blocks } = this.game;
    const { regrets, sums, presence } = this.set(replicate);
    const weight = (done + 1) ** GAMMA;
    return {
      shares: this.#sharesBy(seat, regrets),
      arrived: ({ level, row, weight: came, node }) => {
        presence[level][seat][row] += weight * came;
        addToSums(blocks[level], seat, sums[level][seat], row * blocks[level].rowLength[seat], weight, node);
      },
    };
  }

  /** Play by regret matching. */
  #sharesBy(seat: 0 | 1, regrets: Regrets): RowPlay["shares"] {
    const { blocks } = this.game;
    return (level, row, out) => {
      sharesByRegret(blocks[level], seat, regrets[level][seat], row * blocks[level].rowLength[seat], out);
      this.#locked.keep(level, seat, row, out);
    };
  }

  #learn(seat: 0 | 1, regrets: Regrets): RowPlay {
    const { blocks } = this.game;
    return {
      shares: this.#sharesBy(seat, regrets),
      earned: ({ level, row, weight, node }) => {
        this.#touched[level].add(row);
        addRegrets(blocks[level], seat, this.#deltas[level][seat], row * blocks[level].rowLength[seat], weight, node);
      },
    };
  }

  /** Adds what a walk has found to the regrets, those before counting less in proportion to their number (linear CFR). */
  #update(seat: 0 | 1, regrets: Regrets, done: number): void {
    const kept = done / (done + 1);
    this.#touched.forEach((rows, level) => {
      const length = this.game.blocks[level].rowLength[seat];
      const table = regrets[level][seat];
      const deltas = this.#deltas[level][seat];
      for (const row of rows) {
        for (let at = row * length; at < (row + 1) * length; at++) {
          table[at] = table[at] * kept + deltas[at];
          deltas[at] = 0;
        }
      }
      rows.clear();
    });
  }
}

/** Every other one of the drawn hands, which stand for the others too. */
function everyOther({ chosen, weights }: DrawnHands, half: number): DrawnHands {
  const pick = (values: readonly number[]): number[] => values.filter((_, place) => place % 2 === half);
  return { chosen: pick(chosen), weights: pick(weights).map((weight) => weight * 2) };
}

/** Some of the ways to deal a street, each once, in random order. */
function drawOutcomes(count: number, wanted: number, random: Random): OutcomeList {
  const outcomes = Array.from({ length: count }, (_, outcome) => outcome);
  if (wanted >= count) return { outcomes, complete: true };
  shuffleStart(outcomes, wanted, random);
  return { outcomes: outcomes.slice(0, wanted), complete: false };
}
