import { SolverInputError } from "../../errors.js";
import type { DecisionNode } from "../betting/betting-tree.js";
import { type Stakes, stakesOf } from "../betting/heads-up-stakes.js";
import { CardRemoval } from "../game/card-removal.js";
import { HANDS_AT_ONCE } from "../wasm/street-passes.js";
import { COARSE_ITERATIONS, coarseGame, startFrom } from "./coarse-start.js";
import { Crew } from "./crew.js";
import { writeDealGroups } from "./deal-schedule.js";
import type { HeadsUpGame } from "./heads-up-game.js";
import { LockedPlay, lockedAt } from "./locked-play.js";
import { seatsWithChoice } from "./locked-rows.js";
import { tableSpan } from "./memory-layout.js";
import { type SharedGame, shareGame } from "./shared-game.js";
import type { StreetBlock } from "./street-block.js";
import { streetTables, type Tables } from "./street-views.js";
import { paddedHands } from "./training-memory.js";

/** Exponents of discounted counterfactual regret minimisation (Brown & Sandholm 2019). */
const ALPHA = 1.5;
const GAMMA = 3;
/** Factor for negative regrets: t^β / (t^β + 1) with β = 0. */
const NEGATIVE_DISCOUNT = 0.5;
/** The same, and the iterations that a start from the coarse game counts for in the discount of positive regrets. */
const STARTED_NEGATIVE_DISCOUNT = 0.2;
const HEAD_START = 10;
/** Average reach below which a hand does not come to a decision: what it plays there stems from early iterations. */
const LEAST_REACH = 0.01;

export interface VectorSolverOptions {
  /** Memory bound in bytes. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Threads that may work on it; default 1. Fewer where the bound leaves no room for their workspaces. */
  readonly threads?: number;
  /** True abandons the computation with `SolveCancelled`; asked every few milliseconds. */
  readonly stop?: () => boolean;
}

/** How far average play is from equilibrium, in chips. */
export interface Exploitability {
  /** What each seat's best response wins beyond average play against average play. */
  readonly gains: readonly [number, number];
  /** Sum of the gains. */
  readonly nashConv: number;
}

interface Measured extends Exploitability {
  /** Of average play by seat, each measured from its shift. */
  readonly values: readonly [number, number];
}

/**
 * Heads-up solver with exact hands. Each iteration improves both seats in turn by discounted counterfactual regret
 * minimisation; the average strategy is the answer.
 */
export class VectorSolver {
  readonly game: HeadsUpGame;
  readonly shared: SharedGame;
  readonly blocks: readonly StreetBlock[];
  readonly stakes: Stakes;
  /** Summed weight of all pairs of hands that share no card. */
  readonly pairWeight: number;
  readonly removal: CardRemoval;
  /** Seats that are not locked wherever they act. */
  readonly seatsWithChoice: readonly [boolean, boolean];
  readonly #options: VectorSolverOptions;
  readonly #crew: Crew;
  readonly #tables: readonly Tables[];
  readonly #locked: LockedPlay | null;
  #iterations = 0;
  /** Sum of the iterations' weights: the strategy sum of a hand of weight 1 at a decision that it always comes to. */
  #weightSum = 0;
  #headStart = 0;
  readonly #equities: [Float64Array | null, Float64Array | null] = [null, null];
  #measured: (Measured & { readonly iterations: number }) | null = null;

  /** @throws SolverInputError when the memory bound is too small or no two hands are compatible */
  constructor(game: HeadsUpGame, options: VectorSolverOptions = {}) {
    const { shared, blocks, index } = shareGame(game, options.maxBytes ?? 2 ** 30, options.threads ?? 1);
    this.game = game;
    this.#options = options;
    this.shared = shared;
    this.blocks = blocks;
    this.stakes = stakesOf(game.tree);
    writeDealGroups(shared);
    this.#crew = new Crew(shared, 0, options.stop ?? (() => false));
    this.removal = new CardRemoval(game.hands[0], game.hands[1], index);
    const [first, second] = game.hands;
    const compatible = this.removal.compatible(0, second.weights);
    this.pairWeight = compatible.reduce((sum, weight, hand) => sum + weight * first.weights[hand], 0);
    if (!(this.pairWeight > 0))
      throw new SolverInputError("every hand of one range shares a card with every hand of the other");
    this.#tables = shared.blocks.map((_, level) => streetTables(shared, level));
    this.seatsWithChoice = seatsWithChoice(shared, blocks, game.deal.boards, shared.locks);
    this.#locked = shared.locks && new LockedPlay(shared, shared.locks);
  }

  /** Iterations done. */
  get iterations(): number {
    return this.#iterations;
  }

  /** Whether whole walks that measure are in single precision too. */
  set measuresSingly(single: boolean) {
    this.#crew.measuresSingly = single;
    this.#measured = null;
  }

  /** Whether it began with the play of a coarse game. */
  get started(): boolean {
    return this.#headStart > 0;
  }

  get helpers(): number {
    return this.#crew.helpers;
  }

  get root(): DecisionNode {
    return this.game.tree;
  }

  /**
   * Starts a large game from the solution of the same game with few hands, which costs as much as an iteration or two and
   * saves some twenty. Once, before the first iteration.
   *
   * @returns false for a small game, which is left as it is
   */
  startCoarsely(): boolean {
    const coarse = this.#iterations === 0 ? coarseGame(this.game) : null;
    if (!coarse) return false;
    const solver = new VectorSolver(coarse, { ...this.#options, threads: 1 });
    for (let iteration = 0; iteration < COARSE_ITERATIONS; iteration++) solver.iterate();
    startFrom(solver.shared, this.shared);
    this.#startAt(HEAD_START);
    return true;
  }

  /** All that goes by how the solve began. */
  #startAt(headStart: number): void {
    this.#headStart = headStart;
    this.measuresSingly = headStart > 0;
  }

  /** All that iterations change in the memory. */
  get tableBytes(): Uint8Array {
    const { layout, memory } = this.shared;
    const { from, to } = tableSpan(layout);
    return new Uint8Array(memory.buffer, from, to - from);
  }

  /** All that iterations change beside {@link tableBytes}. */
  get progress(): { readonly iterations: number; readonly weightSum: number; readonly headStart: number } {
    return { iterations: this.#iterations, weightSum: this.#weightSum, headStart: this.#headStart };
  }

  /** Goes on where another solver of the same game had come to, whose {@link tableBytes} stand in this one's. */
  resume({ iterations, weightSum, headStart }: VectorSolver["progress"]): void {
    this.#startAt(headStart);
    this.#iterations = iterations;
    this.#weightSum = weightSum;
    this.#measured = null;
  }

  /** One iteration: both seats once. */
  iterate(): void {
    const done = this.#iterations;
    const { settings } = this.#crew;
    const counted = (done + this.#headStart) ** ALPHA;
    settings.positiveDiscount = counted / (counted + 1);
    settings.negativeDiscount = this.started ? STARTED_NEGATIVE_DISCOUNT : NEGATIVE_DISCOUNT;
    settings.sumWeight = (done + 1) ** GAMMA;
    this.#weightSum += settings.sumWeight;
    settings.leastReach = LEAST_REACH * this.#weightSum;
    for (const seat of [0, 1] as const) {
      this.#locked?.pinRegrets(0);
      this.#locked?.pinRegrets(1);
      this.#crew.walk(seat, "train");
    }
    for (const seat of [0, 1] as const) this.#locked?.pinSums(seat, this.#weightSum);
    this.#iterations++;
  }

  /**
   * Best responses of both seats against the other's average strategy, hand by hand: exact in the game solved. Locked hands
   * play as they are locked.
   */
  exploitability(): Exploitability {
    return this.#measure();
  }

  /** Expected chips at the end minus chips behind at the root, for average play, by seat. They sum to the pot after rake. */
  values(): [number, number] {
    const { values } = this.#measure();
    return [values[0] + this.stakes.shift[0], values[1] + this.stakes.shift[1]];
  }

  /** Whether the house takes a part, so that the seats' utilities are not opposite. */
  get raked(): boolean {
    return this.stakes.root.rake !== undefined;
  }

  #measure(): Measured {
    if (this.#measured?.iterations === this.#iterations) return this.#measured;
    const [best0, best1] = [this.#seatValue(0, "best-response"), this.#seatValue(1, "best-response")];
    // Without rake the game is zero-sum, with utilities measured from the shift: average play's values cancel.
    const first = this.#seatValue(0, "average");
    const second = this.raked ? this.#seatValue(1, "average") : -first;
    const gains: [number, number] = [Math.max(0, best0 - first), Math.max(0, best1 - second)];
    this.#measured = { gains, nashConv: gains[0] + gains[1], values: [first, second], iterations: this.#iterations };
    return this.#measured;
  }

  /** Share of the pot of each seat if all cards were dealt without further betting. They sum to 1. */
  equities(): [number, number] {
    const [{ weights }] = this.game.hands;
    const met = this.#weightMet(0);
    const sum = this.handEquities(0).reduce((total, equity, hand) => total + equity * met[hand] * weights[hand], 0);
    const share = sum / this.pairWeight;
    return [share, 1 - share];
  }

  /** The same for each hand of a seat against the other's range; 0 for a hand that meets none of it. */
  handEquities(seat: 0 | 1): Float64Array {
    this.#equities[seat] ??= this.#showdownEquities(seat);
    return this.#equities[seat];
  }

  #showdownEquities(seat: 0 | 1): Float64Array {
    const { hands, deal } = this.game;
    const levels = this.blocks.length - 1;
    const left = this.shared.remaining.length - hands[0].k - hands[1].k;
    const runouts = levels === 0 ? 1 : levels === 1 ? left : (left * (left - 1)) / 2;
    const met = this.#weightMet(seat);
    return this.#crew
      .showdownSums(seat)
      .map((sum, hand) => (met[hand] > 0 ? (1 + sum / met[hand] / runouts / deal.boards.length) / 2 : 0));
  }

  /** Weight of the other seat's hands that share no card with each hand of a seat. */
  #weightMet(seat: 0 | 1): Float64Array {
    return this.removal.compatible(seat, this.game.hands[seat === 0 ? 1 : 0].weights);
  }

  /** Strategy sum below which a hand of a seat is taken never to come to a decision. */
  leastSum(seat: 0 | 1, hand: number): number {
    return Math.max(LEAST_REACH * this.#weightSum * this.game.hands[seat].weights[hand], Number.MIN_VALUE);
  }

  /**
   * Leaf reach and values of one street after the deals numbered `deals`: the opponent plays his average strategy, the
   * seat too where its hand comes to by that, and the best response elsewhere (mode "continue"), or everywhere ("average").
   */
  probe(
    seat: 0 | 1,
    deals: readonly number[],
    mode: "continue" | "average",
  ): { readonly reach: Float64Array; readonly values: Float64Array } {
    return this.#crew.probe(seat, deals, mode);
  }

  /** Strategy sums of the acting seat's hands at a decision, on one path of its street: a row of actions for each hand. */
  sums(level: number, path: number, decision: number): Float32Array {
    const block = this.blocks[level];
    const seat = block.decisionSeat[decision] === 0 ? 0 : 1;
    const actions = block.actionCount[decision];
    const { count } = this.game.hands[seat];
    const length = block.rowLength[seat];
    const table = this.#tables[level].sums[seat];
    const start = path * paddedHands(count) * length;
    const rows = new Float32Array(count * actions);
    for (let hand = 0; hand < count; hand++) {
      const within = hand % HANDS_AT_ONCE;
      const from = start + (hand - within) * length + within + block.rowOffset[decision] * HANDS_AT_ONCE;
      for (let action = 0; action < actions; action++) {
        rows[hand * actions + action] = table[from + action * HANDS_AT_ONCE];
      }
    }
    return rows;
  }

  /** Path number after some deals. */
  pathOf(deals: readonly number[]): number {
    return deals.reduce((path, index, step) => (step === 0 ? index : path * this.shared.deals.later + index), 0);
  }

  /** Which hands of the acting seat are locked at a decision, on one path of its street; null where none is. */
  lockedAt(level: number, path: number, decision: number): Uint8Array | null {
    const seat = this.blocks[level].decisionSeat[decision] === 0 ? 0 : 1;
    return lockedAt(this.shared.locks?.[level][seat], this.game.hands[seat].count, path, decision);
  }

  /** Ends the helpers' work. */
  finish(): void {
    this.#crew.finish();
  }

  #seatValue(seat: 0 | 1, mode: "best-response" | "average"): number {
    this.#crew.walk(seat, mode);
    const { weights } = this.game.hands[seat];
    const sum = this.#crew.rootValues().reduce((total, value, hand) => total + weights[hand] * value, 0);
    return sum / this.pairWeight;
  }
}
