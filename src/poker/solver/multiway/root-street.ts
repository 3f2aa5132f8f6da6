import type { Random } from "../../random.js";
import { mapCard, SUIT_MAPS } from "../../suits.js";
import type { SampledRange } from "../abstraction/suit-classes.js";
import type { DealList } from "./deal-list.js";
import type { MultiwayState } from "./multiway-state.js";
import { MAX_ACTIONS, NODE } from "./multiway-tree.js";

/** Hands times nodes that are looked at in one deal, and the hands at least and at most. */
const WORK_PER_DEAL = 40_000;
const LEAST_HANDS = 4;
const MOST_HANDS = 400;
/** Work of playing later streets out, in nodes. */
const PLAY_OUT_COST = 12;

/** What each action of the root is worth to one hand. */
export interface ActionMeans {
  /** Chips at the end minus chips behind at the root, by action; NaN without a deal. */
  readonly chips: Float64Array;
  readonly standardErrors: Float64Array;
}

/** The root street under average play, deal by deal: which nodes the others reach, and what leaves are worth. */
export class RootStreet {
  readonly #state: MultiwayState;
  readonly #ranges: readonly SampledRange[];
  readonly #random: Random;
  readonly #strategy = new Float64Array(MAX_ACTIONS);
  readonly #playStrategy = new Float64Array(MAX_ACTIONS);
  /** Nodes of the root street, parents first. */
  readonly #nodes: Int32Array;
  /** Probability, by node of the tree, that those who hold hands come there in the present deal. */
  readonly reach: Float64Array;
  /** Nodes that are reached in the present deal, children first; `reachedCount` of them count. */
  readonly reached: Int32Array;
  reachedCount = 0;
  readonly #handsPerDeal: number;
  /** Work of one hand in one deal: its nodes, and play to the end of the hand where the street ends. */
  readonly handCost: number;

  constructor(state: MultiwayState, ranges: readonly SampledRange[], random: Random) {
    this.#state = state;
    this.#ranges = ranges;
    this.#random = random;
    const { level, kind } = state.tree;
    this.#nodes = Int32Array.from(kind.keys()).filter((node) => level[node] === 0);
    this.reach = new Float64Array(kind.length);
    this.reached = new Int32Array(this.#nodes.length);
    const streetEnds = this.#nodes.filter((node) => kind[node] === NODE.chance).length;
    this.handCost = this.#nodes.length + streetEnds * PLAY_OUT_COST;
    this.#handsPerDeal = Math.round(Math.min(MOST_HANDS, Math.max(LEAST_HANDS, WORK_PER_DEAL / this.handCost)));
  }

  /** Decisions of the street, children first. */
  *decisionsUpwards(): Generator<number> {
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const node = this.#nodes[i];
      if (this.#state.tree.kind[node] === NODE.decision) yield node;
    }
  }

  /** For each node and hand of a seat: how far its own average play lets the hand come there. */
  ownReach(seat: number): readonly Float64Array[] {
    const { tree } = this.#state;
    const reach: Float64Array[] = [];
    reach[0] = new Float64Array(this.#ranges[seat].hands.count).fill(1);
    for (const node of this.#nodes) {
      const actions = tree.kind[node] === NODE.decision ? tree.actionCount[node] : 0;
      const mine = tree.seat[node] === seat;
      for (let action = 0; action < actions; action++)
        reach[tree.firstChild[node] + action] = mine ? reach[node].slice() : reach[node];
      for (let hand = 0; mine && actions > 0 && hand < reach[node].length; hand++) {
        this.#state.averageOf(node, hand, this.#strategy);
        for (let action = 0; action < actions; action++)
          reach[tree.firstChild[node] + action][hand] *= this.#strategy[action];
      }
    }
    return reach;
  }

  /** Hands of a seat that {@link eachHand} visits in one deal, at most. */
  handsPerDeal(seat: number): number {
    return Math.min(this.#ranges[seat].hands.count, this.#handsPerDeal);
  }

  /**
   * Deals to all seats, or to all but `except` (-1 for none): at random, or number `deal` of a list.
   * @returns what the deal counts for
   */
  deal(except: number, list: DealList | null, deal: number): number {
    if (list) this.#state.dealListed(list, deal, except);
    else this.#state.deal(except);
    this.#spread(except);
    return list ? list.weights[deal] : 1;
  }

  /** Reach of the root-street nodes by all seats but one, given the cards dealt; lists the nodes that are reached. */
  #spread(except: number): void {
    const { tree } = this.#state;
    const reaches = this.reach;
    reaches[0] = 1;
    let found = this.#nodes.length;
    for (let i = 0; i < this.#nodes.length; i++) {
      const node = this.#nodes[i];
      const reach = reaches[node];
      if (reach > 0) this.reached[--found] = node;
      if (tree.kind[node] !== NODE.decision) continue;
      const actions = tree.actionCount[node];
      if (reach === 0 || tree.seat[node] === except) this.#strategy.fill(1);
      else this.#state.average(node, this.#strategy, 0);
      for (let action = 0; action < actions; action++) {
        reaches[tree.firstChild[node] + action] = reach * this.#strategy[action];
      }
    }
    this.reachedCount = this.#nodes.length - found;
    this.reached.copyWithin(0, found);
  }

  /** Calls `visit` for the hands of a seat that the cards dealt allow: for all, or for some of a large range. */
  eachHand(seat: number, always: number, visit: (hand: number) => void): void {
    const range = this.#ranges[seat];
    const { count } = range.hands;
    if (count <= this.#handsPerDeal) {
      for (let hand = 0; hand < count; hand++) if (this.#place(seat, hand, range)) visit(hand);
      return;
    }
    for (let drawn = 0; drawn < this.#handsPerDeal; drawn++) {
      const hand = drawn === 0 && always >= 0 ? always : this.#random.below(count);
      if (this.#place(seat, hand, range)) visit(hand);
    }
  }

  #place(seat: number, hand: number, { hands, suitClasses }: SampledRange): boolean {
    const { sampler } = this.#state;
    const suits = suitClasses ? SUIT_MAPS[this.#random.below(SUIT_MAPS.length)] : null;
    for (let place = 0; place < hands.k; place++) {
      const listed = hands.cards[hand * hands.k + place];
      const card = suits ? mapCard(listed, suits) : listed;
      if (sampler.taken[card] === 1) return false;
      sampler.cards[seat * hands.k + place] = card;
    }
    this.#state.placeHand(seat, hand);
    return true;
  }

  /** Chips of a seat when the hand is played on from a leaf of the street. */
  leafChips(node: number, seat: number): number {
    return this.#state.payoff(this.playOut(node), seat);
  }

  /** Plays a hand to its end by average strategies, sampling one action at each decision. */
  playOut(from: number): number {
    const { tree } = this.#state;
    const strategy = this.#playStrategy;
    let node = from;
    for (;;) {
      const kind = tree.kind[node];
      if (kind === NODE.chance) node = tree.firstChild[node];
      else if (kind !== NODE.decision) return node;
      else {
        this.#state.average(node, strategy, 0);
        let left = this.#random.fraction();
        let action = 0;
        for (; action < tree.actionCount[node] - 1; action++) {
          left -= strategy[action];
          if (left < 0) break;
        }
        node = tree.firstChild[node] + action;
      }
    }
  }

  /**
   * What the root's actions are worth to hand number `hand` of the seat that acts there: every deal is played out once
   * for each action, which costs little where trees are large.
   */
  rootActions(hand: number, deals: number): ActionMeans {
    const { tree } = this.#state;
    const seat = tree.seat[0];
    const first = tree.firstChild[0];
    const sums = new Float64Array(tree.actionCount[0]);
    const squares = new Float64Array(sums.length);
    let dealt = 0;
    for (let deal = 0; deal < deals; deal++) {
      if (!this.#state.dealWith(seat, hand)) continue;
      dealt++;
      for (let action = 0; action < sums.length; action++) {
        const chips = this.leafChips(first + action, seat);
        sums[action] += chips;
        squares[action] += chips * chips;
      }
    }
    const chips = sums.map((sum) => sum / dealt);
    const standardErrors = squares.map((square, action) =>
      Math.sqrt(Math.max(0, square / dealt - chips[action] ** 2) / dealt),
    );
    return { chips, standardErrors };
  }
}
