import { SolveCancelled } from "../../errors.js";
import { LANES } from "../wasm/sweeps.js";
import { DealtCards } from "./dealt-cards.js";
import { MeasuringPasses } from "./measuring-passes.js";
import { GROUPS, groupCells, SAMPLE_ROW } from "./memory-layout.js";
import type { Passes, Target, WalkSettings } from "./passes.js";
import type { SharedGame } from "./shared-game.js";
import { TrainingPasses } from "./training-passes.js";

/**
 * One thread's traversal of the public tree with vectors of hands. A street is walked in three passes: down (reach of
 * the opponent's hands to every leaf, hand by hand), across (leaf values by card-removal sweeps, and deals to the next
 * street) and up (values of the traverser's hands, regrets).
 */
export class Walker {
  readonly #shared: SharedGame;
  readonly #thread: number;
  readonly #samples: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #dealt: DealtCards;
  readonly #training: TrainingPasses;
  readonly #measuring: MeasuringPasses;
  readonly #stop: () => boolean;
  readonly settings: WalkSettings;

  /** @param stop asked between deals; true ends the walk with {@link SolveCancelled} */
  constructor(shared: SharedGame, thread: number, settings: WalkSettings, stop: () => boolean) {
    const { layout } = shared;
    const { buffer } = shared.memory;
    this.#shared = shared;
    this.#thread = thread;
    this.#dealt = new DealtCards(shared);
    this.#training = new TrainingPasses(shared, thread, this.#dealt, settings);
    this.#measuring = new MeasuringPasses(shared, thread, this.#dealt, settings);
    this.#bytes = new Uint8Array(buffer);
    this.#samples = new Float64Array(buffer, layout.samples, GROUPS * SAMPLE_ROW);
    this.settings = settings;
    this.#stop = stop;
  }

  get #passes(): Passes {
    const { mode, single } = this.settings;
    return mode === "train" || single ? this.#training : this.#measuring;
  }

  /** Root street, first pass, for the opponent's hands `from … to - 1`. */
  rootDown(from: number, to: number): void {
    this.#passes.down(0, 0, from, to);
  }

  /** Tasks of the root street's second pass, of which {@link rootAcross} does one. */
  get tasksAcross(): number {
    const [{ chance, showdown, fold }] = this.#shared.blocks;
    const passes = this.#passes;
    return (chance.count > 0 ? GROUPS : 0) + passes.chunks(showdown) + passes.chunks(fold);
  }

  /** Root street, second pass: one group of deals, or one chunk of showdown or fold lanes. */
  rootAcross(task: number): void {
    const [{ chance, showdown }] = this.#shared.blocks;
    const passes = this.#passes;
    const groups = chance.count > 0 ? GROUPS : 0;
    const showdowns = passes.chunks(showdown);
    if (task < groups) this.#rootDeals(task);
    else if (task < groups + showdowns) passes.showdown(0, task - groups);
    else passes.fold(0, task - groups - showdowns);
  }

  /** All deals of one group, as the samples table lists them. */
  #rootDeals(group: number): void {
    const { layout, blocks } = this.#shared;
    const bytes = groupCells(this.#shared) * this.#passes.cellBytes;
    const at = layout.groupValues + group * bytes;
    this.#bytes.fill(0, at, at + bytes);
    const target = { at, stride: blocks[0].chance.count };
    const base = group * SAMPLE_ROW;
    const deals = this.#samples[base];
    for (let i = 0; i < deals; i++) this.#deal(1, 0, this.#samples[base + 1 + i], target);
  }

  /** Root street, third pass, for the traverser's hands `from … to - 1`: adds up the groups' deals, then goes up. */
  rootUp(from: number, to: number): void {
    const { layout, blocks } = this.#shared;
    const { seat, mode } = this.settings;
    if (blocks[0].chance.count > 0) this.#passes.addGroups(from, to);
    const measured = mode !== "train";
    const results = layout.rootResults[seat];
    const { cellBytes } = this.#passes;
    if (measured) this.#bytes.fill(0, results + from * cellBytes, results + to * cellBytes);
    this.#passes.up(0, 0, measured ? { at: results, stride: 1 } : null, from, to);
  }

  /**
   * Evaluates one street after the deals numbered `deals`, by average play or best responses: afterwards the street's
   * matrices hold the opponent's reach of every leaf and the leaves' values for the traverser's hands.
   */
  probe(deals: readonly number[]): { readonly reach: Float64Array; readonly values: Float64Array } {
    const passes = this.#measuring;
    const opponents = this.#shared.hands[this.settings.seat === 0 ? 1 : 0].count;
    let path = 0;
    passes.down(0, 0, 0, opponents);
    deals.forEach((index, step) => {
      this.#dealt.place(step + 1, index);
      path = this.#pathAfter(step + 1, path, index);
      passes.down(step + 1, path, 0, opponents);
    });
    this.#acrossStreet(deals.length, path);
    return passes.street(deals.length);
  }

  /** The root street's matrices as the last walk that measured left them. */
  rootMatrices(): { readonly reach: Float64Array; readonly values: Float64Array } {
    const street = this.#measuring.street(0);
    if (!this.settings.single) return street;
    const { reach, values, reachAt, valuesAt } = street;
    const widened = (at: number, cells: number): Float64Array =>
      Float64Array.from(new Float32Array(this.#shared.memory.buffer, at, cells));
    return { reach: widened(reachAt, reach.length), values: widened(valuesAt, values.length) };
  }

  /** The hands' values at the root after a walk that measured. */
  rootValues(): Float64Array {
    const { memory, layout, hands } = this.#shared;
    const { seat, single } = this.settings;
    const [at, { count }] = [layout.rootResults[seat], hands[seat]];
    return single
      ? Float64Array.from(new Float32Array(memory.buffer, at, count))
      : new Float64Array(memory.buffer, at, count);
  }

  /**
   * For each of the traverser's hands: summed weight of compatible weaker hands minus that of stronger ones, added up
   * over all boards and all their final cards.
   */
  showdownSums(): Float64Array {
    const { seat } = this.settings;
    const { hands, boards, layout } = this.#shared;
    const street = this.#measuring.street(0);
    const { reach, values, block } = street;
    const opponent = hands[seat === 0 ? 1 : 0];
    for (let hand = 0; hand < opponent.count; hand++) {
      const at = hand * block.laneCount;
      reach.fill(0, at, at + LANES);
      reach[at] = opponent.weights[hand];
    }
    for (let hand = 0; hand < hands[seat].count; hand++) values[hand * block.laneCount] = 0;
    for (let key = 0; key < boards * layout.finalKeys; key++)
      this.#measuring.sweeps.showdownOn(street, seat, 0, key, 1);
    return Float64Array.from({ length: hands[seat].count }, (_, hand) => values[hand * block.laneCount]);
  }

  /** Makes deal number `index` of a level and adds the next street's values to `target`. */
  #deal(level: number, path: number, index: number, target: Target): void {
    if (this.#stop()) throw new SolveCancelled("the solver was told to stop");
    this.#dealt.place(level, index);
    this.#walkStreet(level, this.#pathAfter(level, path, index), target);
  }

  #pathAfter(level: number, path: number, index: number): number {
    return level === 1 ? index : path * this.#shared.deals.later + index;
  }

  #walkStreet(level: number, path: number, target: Target): void {
    const { seat } = this.settings;
    const { hands } = this.#shared;
    if (!this.#passes.down(level, path, 0, hands[seat === 0 ? 1 : 0].count)) return;
    this.#acrossStreet(level, path);
    this.#passes.up(level, path, target, 0, hands[seat].count);
  }

  #acrossStreet(level: number, path: number): void {
    const { fold, showdown, chance } = this.#shared.blocks[level];
    const passes = this.#passes;
    for (let chunk = 0; chunk < passes.chunks(fold); chunk++) passes.fold(level, chunk);
    for (let chunk = 0; chunk < passes.chunks(showdown); chunk++) passes.showdown(level, chunk);
    if (chance.count > 0) this.#dealAll(level, path);
  }

  /** Deals below a street that is not the root. */
  #dealAll(level: number, path: number): void {
    const { layout, blocks, deals } = this.#shared;
    const { chance, laneCount } = blocks[level];
    const passes = this.#passes;
    passes.clearDeals(level);
    const values = layout.workspaces[this.#thread].values[level];
    const target = { at: values + chance.start * passes.cellBytes, stride: laneCount };
    for (let index = 0; index < deals.later; index++) this.#deal(level + 1, path, index, target);
  }
}
