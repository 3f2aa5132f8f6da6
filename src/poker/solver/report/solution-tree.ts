import type { BettingNode } from "../betting/betting-tree.js";
import { dealOutcome } from "../game/deal-model.js";
import { NOBODY } from "../vector/street-block.js";
import type { VectorSolver } from "../vector/vector-solver.js";
import { lockedHands } from "./describe-locks.js";
import { evRounder, mean, type RoundEv, roundEquity, roundShares, roundStrategy, weightedMean } from "./numbers.js";
import { endOfLine, type HandClassRow, type SolutionNext, type SolutionNode, STREET_NAMES } from "./solution.js";
import { type DecisionPlay, StreetSnapshot } from "./street-snapshot.js";

/** What a report shows and how. */
export interface TreeReportOptions {
  /** Player id of each seat. */
  readonly players: readonly number[];
  readonly hero: { readonly seat: number; readonly hand: number } | null;
  /** Levels (actions, deals) below the root; null: the whole root street and no deals. */
  readonly depth: number | null;
  /** What is shown of each combo: nothing, its strategy, its EVs too. */
  readonly combos: "none" | "strategy" | "strategy and EVs";
  /** Bytes of JSON the tree may take, about. */
  readonly maxBytes: number;
  readonly formatCard: (card: number) => string;
  /** Class of each hand of a seat on the root street's board, as an index of `names`. */
  readonly classes: (seat: number) => { readonly names: readonly string[]; readonly of: ArrayLike<number> } | null;
  /** Equity of each hand of the seat that acts first, and of no other. */
  readonly equities: Float64Array;
}

/** Bytes of JSON: a node, each of its actions, each row of classes and each action there. */
const BYTES_PER_NODE = 260;
const BYTES_PER_ACTION = 140;
const BYTES_PER_CLASS = 60;
const BYTES_PER_CLASS_ACTION = 18;
/** A node as a whole, before it is known. */
const USUAL_NODE_BYTES = 1300;
const BYTES_PER_NUMBER = 7;
const STRATEGY_DIGITS = 5;
/** Share of the result that is kept for nodes at first. */
const MOST_RESERVED = 0.7;

/** Builds the nested tree of a heads-up solution. */
export class SolutionTree {
  readonly #solver: VectorSolver;
  readonly #options: TreeReportOptions;
  readonly #roundEv: RoundEv;
  #bytes = 0;
  /** Kept for nodes to come, so that strategies do not take their place. */
  #reserved = 0;
  #nodesOmitted = 0;
  #strategiesOmitted = 0;
  #dealsOmitted = 0;

  constructor(solver: VectorSolver, options: TreeReportOptions) {
    this.#solver = solver;
    this.#options = options;
    this.#roundEv = evRounder(solver.stakes.pot);
  }

  build(): SolutionNode {
    const [root] = this.#street([], [0]);
    return root as SolutionNode;
  }

  /** What did not fit, for the reader. */
  get omitted(): string[] {
    const notes: string[] = [];
    if (this.#strategiesOmitted > 0) {
      notes.push(
        `combo strategies of ${this.#strategiesOmitted} nodes: the result would be too large (full_strategy shows more)`,
      );
    }
    if (this.#nodesOmitted > 0) {
      notes.push(
        `${this.#nodesOmitted} nodes far from the root: the result would be too large (full_strategy shows more)`,
      );
    }
    if (this.#dealsOmitted > 0) {
      notes.push(
        `play after the next card in ${this.#dealsOmitted} places: the result would be too large (full_strategy shows more)`,
      );
    }
    return notes;
  }

  /** The roots of one street on one runout. */
  #street(before: readonly number[], depths: readonly number[]): SolutionNext[] {
    const snapshot = new StreetSnapshot(this.#solver, before);
    const { block } = snapshot;
    const depth = this.#nodeDepths(snapshot, depths);
    const shown = this.#options.depth ?? Number.POSITIVE_INFINITY;
    const built = new Array<SolutionNext>(block.nodeCount);
    // Numbered breadth first: strategies near the root get their place in the result first.
    const decisions = Array.from(block.decisionNode).filter(
      (at, decision) => block.decisionSeat[decision] !== NOBODY && depth[at] <= shown,
    );
    if (before.length === 0) {
      this.#reserved = Math.min(decisions.length * USUAL_NODE_BYTES, this.#options.maxBytes * MOST_RESERVED);
    }
    const plays = new Map<number, SolutionNode>();
    for (const at of decisions) {
      if (this.#bytes < this.#options.maxBytes)
        plays.set(at, this.#node(snapshot.decision(at), before.length, before.length === 0 && at === 0));
      else this.#nodesOmitted++;
    }
    for (let at = block.nodeCount - 1; at >= 0; at--) {
      const node = block.nodes[at];
      built[at] = plays.get(at) ?? this.#leaf(node);
    }
    block.decisionNode.forEach((at, decision) => {
      const node = plays.get(at);
      node?.actions.forEach((action, index) => {
        node.actions[index] = {
          ...action,
          next: built[block.firstChild[decision] + index],
        };
      });
    });
    this.#deals(snapshot, before, depth, built);
    return built.slice(0, block.rootCount);
  }

  #nodeDepths(snapshot: StreetSnapshot, roots: readonly number[]): number[] {
    const { block } = snapshot;
    const depth = new Array<number>(block.nodeCount).fill(0);
    roots.forEach((at, root) => {
      depth[root] = at;
    });
    block.decisionNode.forEach((at, decision) => {
      for (let action = 0; action < block.actionCount[decision]; action++) {
        depth[block.firstChild[decision] + action] = depth[at] + 1;
      }
    });
    return depth;
  }

  #leaf(node: BettingNode): SolutionNext {
    return node.kind === "decision" ? { end: "omitted" } : endOfLine(node, this.#options.players);
  }

  /** Fills in what follows each next card, when that was asked for and fits. */
  #deals(snapshot: StreetSnapshot, before: readonly number[], depth: readonly number[], built: SolutionNext[]): void {
    const { block } = snapshot;
    const shown = this.#options.depth ?? -1;
    const chances = block.nodes.flatMap((node, at) => (node.kind === "chance" ? [at] : []));
    if (chances.length === 0 || !chances.some((at) => depth[at] + 1 <= shown)) return;
    const { deals } = this.#solver.shared;
    const ways = before.length === 0 ? deals.first : deals.later;
    const nextBlock = this.#solver.blocks[before.length + 1];
    const nodes = (nextBlock?.decisionNode.length ?? 0) * ways;
    if (this.#bytes + nodes * nodeBytes(2, 0) > this.#options.maxBytes) {
      this.#dealsOmitted += chances.length;
      return;
    }
    const cards = chances.map((): Record<string, SolutionNext> => ({}));
    const rootDepths = chances.map((at) => depth[at] + 1);
    for (let index = 0; index < ways; index++) {
      const name = this.#dealName(before, index);
      this.#street([...before, index], rootDepths).forEach((next, lane) => {
        cards[lane][name] = next;
      });
    }
    chances.forEach((at, lane) => {
      const leaf = built[at];
      if ("end" in leaf && leaf.end === "deal") leaf.cards = cards[lane];
    });
  }

  #dealName(before: readonly number[], index: number): string {
    const { shared } = this.#solver;
    const { remaining, boards } = shared;
    const dealt = new Uint8Array(2 * boards);
    const [first = index] = before;
    dealOutcome(first, boards, remaining.length, dealt, 0, dealt, 0);
    if (before.length > 0) {
      dealOutcome(index, boards, remaining.length, dealt, boards, dealt, boards);
    }
    const last = dealt.subarray(before.length * boards, (before.length + 1) * boards);
    return Array.from(last, (position) => this.#options.formatCard(remaining[position])).join("/");
  }

  #player(seat: number): number {
    return this.#options.players[seat];
  }

  #node(play: DecisionPlay, level: number, isRoot: boolean): SolutionNode {
    const { node, strategy, weights } = play;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const frequency = strategy.map((column) => weightedMean(column, weights, total) ?? 1 / strategy.length);
    const rounded = roundShares(frequency, 5);
    const taken = strategy.map((column) => column.map((share, hand) => share * weights[hand]));
    const evs = play.values.map((values, action) => mean(values, taken[action]));
    const actions = node.actions.map((action, index) => ({
      action: action.type,
      amount: action.amount,
      to: action.to,
      all_in: action.allIn,
      frequency: rounded[index],
      ev: this.#roundEv(evs[index] ?? Number.NaN),
      next: { end: "omitted" } as SolutionNext,
    }));
    const { hero } = this.#options;
    const isHero = hero !== null && hero.seat === node.seat;
    const equities = isRoot ? this.#options.equities : null;
    const classes = level === 0 ? this.#classRows(play, equities) : null;
    this.#bytes += nodeBytes(actions.length, classes?.length ?? 0);
    this.#reserved = Math.max(0, this.#reserved - USUAL_NODE_BYTES);
    const combos = this.#combos(play);
    const { mark, bytes } = lockedHands(play.locked, weights, combos.strategy !== undefined);
    this.#bytes += bytes;
    return {
      player: this.#player(node.seat),
      street: STREET_NAMES[node.state.street] ?? "river",
      pot: node.state.pot,
      to_call: Math.max(...node.state.bets) - node.state.bets[node.seat],
      probability: Math.round(play.probability * 1e6) / 1e6,
      ev: this.#nodeEv(play, frequency, evs, total),
      ...(this.#solver.raked ? { rake: this.#roundEv(play.rake) ?? 0 } : {}),
      actions,
      ...(isHero ? { hero: this.#heroRow(play, hero.hand, equities) } : {}),
      ...(classes ? { classes } : {}),
      ...mark,
      ...combos,
    };
  }

  #nodeEv(
    { node, rake }: DecisionPlay,
    frequency: readonly number[],
    evs: readonly (number | null)[],
    total: number,
  ): Record<string, number> | null {
    if (!(total > 0)) return null;
    const own = evs.reduce<number>((sum, ev, action) => sum + (ev ?? 0) * frequency[action], 0);
    const rounded = this.#roundEv(own) ?? 0;
    const other = node.seat === 0 ? 1 : 0;
    return {
      [this.#player(node.seat)]: rounded,
      [this.#player(other)]: this.#roundEv(node.state.pot - rake - rounded) ?? 0,
    };
  }

  #combos(play: DecisionPlay): Pick<SolutionNode, "strategy" | "combo_ev"> {
    const { combos } = this.#options;
    if (combos === "none") return {};
    const numbers = play.weights.length * play.strategy.length * (combos === "strategy" ? 1 : 2);
    if (this.#bytes + this.#reserved + numbers * BYTES_PER_NUMBER > this.#options.maxBytes) {
      this.#strategiesOmitted++;
      return {};
    }
    this.#bytes += numbers * BYTES_PER_NUMBER;
    const strategy = roundStrategy(play.strategy, STRATEGY_DIGITS);
    if (combos === "strategy") return { strategy };
    return { strategy, combo_ev: play.values.map((values) => Array.from(values, this.#roundEv)) };
  }

  #classRows(play: DecisionPlay, equities: Float64Array | null): HandClassRow[] | null {
    const classes = this.#options.classes(play.node.seat);
    if (!classes) return null;
    const total = play.weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0)) return null;
    return classes.names.flatMap((name, index) => {
      const weights = play.weights.map((weight, hand) => (classes.of[hand] === index ? weight : 0));
      const share = weights.reduce((sum, weight) => sum + weight, 0);
      if (!(share > 0)) return [];
      const frequency = play.strategy.map((column) => weightedMean(column, weights, share) ?? 0);
      return [
        {
          class: name,
          share: Math.round((share / total) * 1e5) / 1e5,
          ...(equities ? { equity: roundEquity(weightedMean(equities, weights, share) ?? 0) } : {}),
          frequency: roundShares(frequency, 4),
          ev: play.values.map((values) => this.#roundEv(mean(values, weights) ?? Number.NaN)),
        },
      ];
    });
  }

  #heroRow(play: DecisionPlay, hand: number, equities: Float64Array | null): NonNullable<SolutionNode["hero"]> {
    return {
      ...(equities ? { equity: roundEquity(equities[hand]) } : {}),
      frequency: roundShares(
        play.strategy.map((column) => column[hand]),
        STRATEGY_DIGITS,
      ),
      ev: play.values.map((values) => this.#roundEv(values[hand])),
    };
  }
}

function nodeBytes(actions: number, classes: number): number {
  return BYTES_PER_NODE + actions * BYTES_PER_ACTION + classes * (BYTES_PER_CLASS + actions * BYTES_PER_CLASS_ACTION);
}
