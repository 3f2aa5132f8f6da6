import type { Random } from "../../random.js";
import type { MultiwayState } from "./multiway-state.js";
import { MAX_ACTIONS, type MultiwayTree, NODE } from "./multiway-tree.js";

const EVERYONE = -1;

/**
 * External-sampling Monte Carlo counterfactual regret minimisation (Lanctot et al. 2009): chance and the other seats
 * are sampled, the traverser tries every action. Iterations count more the later they are.
 */
export class ExternalSampling {
  readonly #state: MultiwayState;
  readonly #random: Random;
  readonly #strategy: Float64Array;
  readonly #values: Float64Array;
  #traverser = 0;
  /** Seat whose tables change. */
  #learner = EVERYONE;
  #weight = 1;

  constructor(state: MultiwayState, random: Random) {
    this.#state = state;
    this.#random = random;
    const depth = treeDepth(state.tree) + 1;
    this.#strategy = new Float64Array(depth * MAX_ACTIONS);
    this.#values = new Float64Array(depth * MAX_ACTIONS);
  }

  /** One deal, traversed by every seat in turn. */
  iterate(weight: number): void {
    this.#weight = weight;
    this.#state.deal();
    for (let seat = 0; seat < this.#state.tree.seats; seat++) {
      this.#traverser = seat;
      this.#walk(0, 0);
    }
  }

  /**
   * One deal in which a seat holds hand number `hand` of its range, from which that seat alone learns: its play of this
   * hand is trained as if the hand were common, the others' play on the ranges as they are.
   */
  iterateHand(weight: number, seat: number, hand: number): void {
    this.#weight = weight;
    if (!this.#state.dealWith(seat, hand)) return;
    this.#learner = seat;
    for (let traverser = 0; traverser < this.#state.tree.seats; traverser++) {
      this.#traverser = traverser;
      this.#walk(0, 0);
    }
    this.#learner = EVERYONE;
  }

  #walk(node: number, depth: number): number {
    const { tree } = this.#state;
    const kind = tree.kind[node];
    if (kind === NODE.chance) return this.#walk(tree.firstChild[node], depth);
    if (kind !== NODE.decision) return this.#state.payoff(node, this.#traverser);
    const actions = tree.actionCount[node];
    const at = this.#state.rowAt(node);
    const from = depth * MAX_ACTIONS;
    this.#match(at, actions, from);
    return tree.seat[node] === this.#traverser ? this.#explore(node, at, depth) : this.#sample(node, at, depth);
  }

  #learns(seat: number): boolean {
    return this.#learner === EVERYONE || this.#learner === seat;
  }

  /** Regret matching into the strategy buffer. */
  #match(at: number, actions: number, from: number): void {
    const { regrets } = this.#state;
    const strategy = this.#strategy;
    let positive = 0;
    for (let action = 0; action < actions; action++) {
      const regret = regrets[at + action];
      if (regret > 0) positive += regret;
    }
    for (let action = 0; action < actions; action++) {
      const regret = regrets[at + action];
      strategy[from + action] = positive > 0 ? (regret > 0 ? regret / positive : 0) : 1 / actions;
    }
  }

  #explore(node: number, at: number, depth: number): number {
    const { tree, regrets } = this.#state;
    const actions = tree.actionCount[node];
    const from = depth * MAX_ACTIONS;
    let value = 0;
    for (let action = 0; action < actions; action++) {
      const of = this.#walk(tree.firstChild[node] + action, depth + 1);
      this.#values[from + action] = of;
      value += of * this.#strategy[from + action];
    }
    if (!this.#learns(this.#traverser) || this.#state.locked?.[at] === 1) return value;
    for (let action = 0; action < actions; action++) {
      const gain = this.#values[from + action] - value;
      regrets[at + action] += this.#weight * gain;
    }
    return value;
  }

  #sample(node: number, at: number, depth: number): number {
    const { tree, sums } = this.#state;
    const actions = tree.actionCount[node];
    const from = depth * MAX_ACTIONS;
    const weight = this.#learns(tree.seat[node]) ? this.#weight : 0;
    let left = this.#random.fraction();
    let chosen = actions - 1;
    for (let action = 0; action < actions; action++) {
      const share = this.#strategy[from + action];
      sums[at + action] += weight * share;
      if (chosen === actions - 1 && left < share) chosen = action;
      left -= share;
    }
    // `left` goes below zero at the chosen action; only the first such action counts.
    return this.#walk(tree.firstChild[node] + chosen, depth + 1);
  }
}

/** Longest run of actions in a tree. */
function treeDepth(tree: MultiwayTree): number {
  const depth = new Uint16Array(tree.kind.length);
  for (let node = 0; node < depth.length; node++) {
    const children =
      tree.kind[node] === NODE.decision ? tree.actionCount[node] : tree.kind[node] === NODE.chance ? 1 : 0;
    for (let child = 0; child < children; child++) depth[tree.firstChild[node] + child] = depth[node] + 1;
  }
  return depth.reduce((most, of) => Math.max(most, of), 0);
}
