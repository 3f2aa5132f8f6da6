import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import type { DealList } from "./deal-list.js";
import type { DealSampler } from "./deal-sampler.js";
import type { MultiwayTree } from "./multiway-tree.js";

/** Play of root-street hands that is given. */
export interface LockedRow {
  readonly node: number;
  readonly hand: number;
  /** Frequency of each action. */
  readonly strategy: readonly number[];
}

/** Row of a seat's hand in the tables of a level after the root street. */
export type LaterRow = (level: number, seat: number, hand: number, board: Uint8Array) => number;

/**
 * Tables of a game of any number of seats, and the values of one dealt hand: everything that needs a deal to be known.
 */
export class MultiwayState {
  readonly tree: MultiwayTree;
  readonly sampler: DealSampler;
  readonly regrets: Float32Array;
  readonly sums: Float32Array;
  /** 1 where a row begins whose play is given: its regrets are the frequencies, and stay. Null without any. */
  readonly locked: Uint8Array | null;
  readonly #levels: number;
  readonly #laterRow: LaterRow;
  /** One for each board, set to the boards of the last deal. */
  readonly #evaluators: readonly OmahaEvaluator[];
  readonly #boards: number;
  readonly #rows: Int32Array;
  readonly #strengths: Uint16Array;
  /** Seats whose strengths are not those of their present hands. */
  readonly #stale: Uint8Array;
  #boardsStale = true;

  /**
   * @param shared state of the same game whose tables this one uses too
   * @param locks a later one counts where two are about the same row
   */
  constructor(
    tree: MultiwayTree,
    sampler: DealSampler,
    levels: number,
    laterRow: LaterRow,
    shared: Pick<MultiwayState, "regrets" | "sums" | "locked"> | null = null,
    locks: readonly LockedRow[] = [],
  ) {
    this.tree = tree;
    this.sampler = sampler;
    this.regrets = shared?.regrets ?? new Float32Array(tree.tableLength);
    this.sums = shared?.sums ?? new Float32Array(tree.tableLength);
    this.locked = shared?.locked ?? (locks.length > 0 ? new Uint8Array(tree.tableLength) : null);
    for (const { node, hand, strategy } of locks) {
      const at = tree.table[node] + hand * tree.actionCount[node];
      this.regrets.set(strategy, at);
      if (this.locked) this.locked[at] = 1;
    }
    this.#levels = levels;
    this.#laterRow = laterRow;
    this.#boards = sampler.board.length / 5;
    this.#rows = new Int32Array(levels * tree.seats);
    this.#strengths = new Uint16Array(this.#boards * tree.seats);
    this.#stale = new Uint8Array(tree.seats).fill(1);
    this.#evaluators = Array.from({ length: this.#boards }, () => new OmahaEvaluator(evaluatorTables()));
  }

  /** Deals anew; `except` gets no hand. */
  deal(except = -1): void {
    this.sampler.deal(except);
    this.#dealt(except);
  }

  /** Deals number `deal` of a list. */
  dealListed(list: DealList, deal: number, except: number): void {
    this.sampler.place(list, deal);
    this.#dealt(except);
  }

  #dealt(except: number): void {
    this.#boardsStale = true;
    this.#stale.fill(1);
    for (let seat = 0; seat < this.tree.seats; seat++)
      if (seat !== except) this.placeHand(seat, this.sampler.hand[seat]);
  }

  /** Deals anew with a certain hand for one seat; false when that did not come about. */
  dealWith(seat: number, hand: number): boolean {
    this.sampler.force(seat, hand);
    this.deal();
    this.sampler.force(-1, -1);
    return this.sampler.hand[seat] === hand;
  }

  /** Gives a seat the hand that stands in the sampler's cards, number `hand` of its range. */
  placeHand(seat: number, hand: number): void {
    this.#rows[seat] = hand;
    for (let level = 1; level < this.#levels; level++) {
      this.#rows[level * this.tree.seats + seat] = this.#laterRow(level, seat, hand, this.sampler.board);
    }
    this.#stale[seat] = 1;
  }

  /** Start of the table row that the acting seat's hand has at a decision. */
  rowAt(node: number): number {
    const { tree } = this;
    const row = this.#rows[tree.level[node] * tree.seats + tree.seat[node]];
    return tree.table[node] + row * tree.actionCount[node];
  }

  /** Whether the play of a hand of the acting seat's range is given at a root-street decision. */
  isLocked(node: number, hand: number): boolean {
    return this.locked?.[this.tree.table[node] + hand * this.tree.actionCount[node]] === 1;
  }

  /** Chips at the end minus chips behind at the root, for a seat at a fold or showdown. */
  payoff(node: number, seat: number): number {
    const { tree } = this;
    const put = tree.put[node * tree.seats + seat];
    const leaf = tree.nodes[node];
    if (leaf?.kind === "fold") return leaf.winner === seat ? leaf.state.pot - tree.foldRake[node] - put : -put;
    return this.showdownShare(node, seat) - put;
  }

  /** Chips a seat takes from the middle at a showdown. */
  showdownShare(node: number, seat: number): number {
    this.#evaluate();
    const { seats } = this.tree;
    let won = 0;
    for (const layer of this.tree.layers[node] ?? []) {
      if (((layer.seats >> seat) & 1) === 0) continue;
      for (let board = 0; board < this.#boards; board++) {
        const own = this.#strengths[board * seats + seat];
        let sharing = 0;
        for (let other = 0; other < seats && sharing >= 0; other++) {
          if (((layer.seats >> other) & 1) === 0) continue;
          const theirs = this.#strengths[board * seats + other];
          if (theirs > own) sharing = -1;
          else if (theirs === own) sharing++;
        }
        if (sharing > 0) won += layer.chips / this.#boards / sharing;
      }
    }
    return won;
  }

  #evaluate(): void {
    const { board, cards, k } = this.sampler;
    const { seats } = this.tree;
    this.#evaluators.forEach((evaluator, index) => {
      const at = index * 5;
      if (this.#boardsStale) {
        evaluator.setBoard(board[at], board[at + 1], board[at + 2], board[at + 3], board[at + 4]);
      }
      for (let seat = 0; seat < seats; seat++) {
        if (this.#stale[seat] === 1) this.#strengths[index * seats + seat] = evaluator.evaluate(cards, seat * k, k);
      }
    });
    this.#boardsStale = false;
    this.#stale.fill(0);
  }

  /** Share of the pot of a seat if everyone stays to the showdown. */
  potShare(seat: number): number {
    this.#evaluate();
    const { seats } = this.tree;
    let share = 0;
    for (let board = 0; board < this.#boards; board++) {
      const strengths = this.#strengths.subarray(board * seats, (board + 1) * seats);
      const best = Math.max(...strengths);
      const winners = strengths.reduce((count, strength) => count + (strength === best ? 1 : 0), 0);
      if (strengths[seat] === best) share += 1 / winners / this.#boards;
    }
    return share;
  }

  /** Average strategy of hand number `hand` of the acting seat's range at a root-street decision. */
  averageOf(node: number, hand: number, out: Float64Array): void {
    const actions = this.tree.actionCount[node];
    this.#normalize(this.tree.table[node] + hand * actions, actions, out, 0);
  }

  /** Average strategy of the acting seat's hand at a decision, into `out[from …]`. */
  average(node: number, out: Float64Array, from: number): void {
    this.#normalize(this.rowAt(node), this.tree.actionCount[node], out, from);
  }

  /** What the last regrets of a hand at a root-street decision say: its play where it does not come on average. */
  presentOf(node: number, hand: number, out: Float64Array): void {
    const actions = this.tree.actionCount[node];
    this.#match(this.tree.table[node] + hand * actions, actions, out, 0);
  }

  /** Shares of the strategy sums; by regrets where play is given, or where there are none: it never comes there. */
  #normalize(at: number, actions: number, out: Float64Array, from: number): void {
    let total = 0;
    for (let action = 0; action < actions; action++) total += this.sums[at + action];
    if (total > 0 && this.locked?.[at] !== 1)
      for (let action = 0; action < actions; action++) out[from + action] = this.sums[at + action] / total;
    else this.#match(at, actions, out, from);
  }

  /** Regret matching. */
  #match(at: number, actions: number, out: Float64Array, from: number): void {
    let positive = 0;
    for (let action = 0; action < actions; action++) positive += Math.max(0, this.regrets[at + action]);
    for (let action = 0; action < actions; action++) {
      out[from + action] = positive > 0 ? Math.max(0, this.regrets[at + action]) / positive : 1 / actions;
    }
  }
}
