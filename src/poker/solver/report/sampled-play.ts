import type { SampledRange } from "../abstraction/suit-classes.js";
import type { FinalMeasurement } from "../multiway/gain-meter.js";
import type { MultiwayState } from "../multiway/multiway-state.js";
import { MAX_ACTIONS } from "../multiway/multiway-tree.js";

/** Average play of single hands on the root street of a sampled solution, and what it earns as measured. */
export class SampledPlay {
  readonly #state: MultiwayState;
  readonly #ranges: readonly SampledRange[];
  readonly #measured: Pick<FinalMeasurement, "samples" | "values">;
  readonly #parents: Int32Array;

  constructor(
    state: MultiwayState,
    ranges: readonly SampledRange[],
    measured: Pick<FinalMeasurement, "samples" | "values">,
  ) {
    this.#state = state;
    this.#ranges = ranges;
    this.#measured = measured;
    this.#parents = parentsOf(state);
  }

  /** Probability of each action of the acting seat by hand: `columns[action][hand]`. */
  strategy(node: number): Float64Array[] {
    const { tree } = this.#state;
    const actions = tree.actionCount[node];
    const { count } = this.#ranges[tree.seat[node]].hands;
    const columns = Array.from({ length: actions }, () => new Float64Array(count));
    const out = new Float64Array(MAX_ACTIONS);
    for (let hand = 0; hand < count; hand++) {
      this.#state.averageOf(node, hand, out);
      columns.forEach((column, action) => {
        column[hand] = out[action];
      });
    }
    return columns;
  }

  /** How often each hand is at a node: its weight, its own earlier choices, and what the others let through. */
  weights(node: number): Float64Array {
    const { tree } = this.#state;
    const seat = tree.seat[node];
    const range = this.#ranges[seat];
    const sample = this.#measured.samples[seat];
    const own = this.#ownReach(node, seat);
    return own.map((reach, hand) => reach * range.hands.weights[hand] * sample.reach[node][hand]);
  }

  /** EV of an action for a hand, as sampled; NaN when the hand was never seen there. */
  handEv(node: number, child: number, seat: number, hand: number): number {
    const { tree } = this.#state;
    const reach = this.#measured.samples[seat].reach[node][hand];
    if (!(reach > 0)) return Number.NaN;
    return this.#measured.values[seat][child][hand] / reach + tree.put[node * tree.seats + seat];
  }

  #ownReach(node: number, seat: number): Float64Array {
    const { tree } = this.#state;
    const reach = new Float64Array(this.#ranges[seat].hands.count).fill(1);
    const out = new Float64Array(MAX_ACTIONS);
    for (let at = node, parent = this.#parents[at]; parent >= 0; at = parent, parent = this.#parents[at]) {
      if (tree.seat[parent] !== seat) continue;
      const action = at - tree.firstChild[parent];
      for (let hand = 0; hand < reach.length; hand++) {
        this.#state.averageOf(parent, hand, out);
        reach[hand] *= out[action];
      }
    }
    return reach;
  }
}

function parentsOf({ tree }: MultiwayState): Int32Array {
  const parents = new Int32Array(tree.kind.length).fill(-1);
  tree.actionCount.forEach((actions, node) => {
    const first = tree.firstChild[node];
    parents.fill(node, first, first + actions);
  });
  return parents;
}
