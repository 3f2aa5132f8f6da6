import type { Random } from "../random.js";
import { SUIT_MAPS } from "../spot/canonical-suits.js";
import type { SampledRange } from "./deal-sampler.js";
import type { MultiwayState } from "./external-sampling.js";
import { NODE } from "./multiway-tree.js";

/** What a seat's hands earn on the root street against the others' average play, by sampling. */
export interface SeatSample {
  /** Per root-street node and hand: summed reach of the others, and (at leaves) summed reach times the seat's chips. */
  readonly reach: readonly Float64Array[];
  readonly chips: readonly Float64Array[];
}

/** A seat's gain by the best deviation found, measured on fresh deals. */
export interface Gain {
  readonly chips: number;
  readonly standardError: number;
}

/** Average play of all seats, by sampling. */
export interface TableSample {
  /** Probability of each root-street node. */
  readonly probability: Float64Array;
  /** Chips at the end minus chips behind at the root, `node × seats + seat`, times the node's probability. */
  readonly chips: Float64Array;
  /** Share of the pot of each seat when all cards are dealt without betting. */
  readonly equity: Float64Array;
}

/** Hands times nodes that are looked at in one deal, and the hands at least and at most. */
const WORK_PER_DEAL = 40_000;
const LEAST_HANDS = 4;
const MOST_HANDS = 400;
const MAX_ACTIONS = 8;
/** Work of playing later streets out, in nodes. */
const PLAY_OUT_COST = 12;

/** Measures average play and deviations from it on the root street; later streets are played as on average. */
export class Measure {
  readonly #state: MultiwayState;
  readonly #ranges: readonly SampledRange[];
  readonly #random: Random;
  /** Nodes of the root street, parents first. */
  readonly #nodes: Int32Array;
  readonly #strategy = new Float64Array(MAX_ACTIONS);
  readonly #playStrategy = new Float64Array(MAX_ACTIONS);
  readonly #reach: Float64Array;
  /** Root-street nodes that the others reach in the present deal, children first. */
  readonly #reached: Int32Array;
  #reachedCount = 0;
  readonly #handsPerDeal: number;
  /** Work of one hand in one deal: its nodes, and play to the end of the hand where the street ends. */
  readonly #handCost: number;

  constructor(state: MultiwayState, ranges: readonly SampledRange[], random: Random) {
    this.#state = state;
    this.#ranges = ranges;
    this.#random = random;
    const { level, kind } = state.tree;
    this.#nodes = Int32Array.from(kind.keys()).filter((node) => level[node] === 0);
    this.#reach = new Float64Array(kind.length);
    this.#reached = new Int32Array(this.#nodes.length);
    const streetEnds = this.#nodes.filter((node) => kind[node] === NODE.chance).length;
    this.#handCost = this.#nodes.length + streetEnds * PLAY_OUT_COST;
    this.#handsPerDeal = Math.round(Math.min(MOST_HANDS, Math.max(LEAST_HANDS, WORK_PER_DEAL / this.#handCost)));
  }

  /** Work of one deal in a seat's sample, in nodes. */
  dealCost(seat: number): number {
    const { count } = (this.#ranges[seat] as SampledRange).hands;
    return Math.min(count, this.#handsPerDeal) * this.#handCost;
  }

  /** Work of one deal in the table's sample, in nodes. */
  get tableCost(): number {
    return this.#handCost * this.#state.tree.seats;
  }

  /** Samples what every hand of a seat earns at every root-street leaf. `always` is looked at in every deal. */
  sampleSeat(seat: number, deals: number, always = -1): SeatSample {
    const { tree } = this.#state;
    const { count } = (this.#ranges[seat] as SampledRange).hands;
    const make = (): Float64Array[] =>
      tree.nodes.map((_, node) => new Float64Array(tree.level[node] === 0 ? count : 0));
    const sample = { reach: make(), chips: make() };
    for (let deal = 0; deal < deals; deal++) {
      this.#dealOthers(seat);
      this.#eachHand(seat, always, (hand) => {
        for (let i = 0; i < this.#reachedCount; i++) {
          const node = this.#reached[i] as number;
          const reach = this.#reach[node] as number;
          const column = sample.reach[node] as Float64Array;
          column[hand] = (column[hand] as number) + reach;
          if (tree.kind[node] === NODE.decision) continue;
          const chips = sample.chips[node] as Float64Array;
          chips[hand] = (chips[hand] as number) + reach * this.#leafChips(node, seat);
        }
      });
    }
    return sample;
  }

  /**
   * Summed chips of every root-street node by hand, leaves upwards: the seat mixes by its average strategy or, with
   * `best`, takes the action with the larger sum.
   */
  rise(seat: number, sample: SeatSample, best: boolean): Float64Array[] {
    const { tree } = this.#state;
    const values = sample.chips.map((column) => column.slice());
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const node = this.#nodes[i] as number;
      if (tree.kind[node] !== NODE.decision) continue;
      const into = values[node] as Float64Array;
      const first = tree.firstChild[node] as number;
      const actions = tree.actionCount[node] as number;
      const mine = tree.seat[node] === seat;
      for (let hand = 0; hand < into.length; hand++) {
        if (mine && best) {
          into[hand] = values[first + bestAction(values, first, actions, hand)]?.[hand] as number;
          continue;
        }
        if (mine) this.#state.averageOf(node, hand, this.#strategy);
        else this.#strategy.fill(1);
        let sum = 0;
        for (let action = 0; action < actions; action++) {
          sum += (this.#strategy[action] as number) * (values[first + action]?.[hand] as number);
        }
        into[hand] = sum;
      }
    }
    return values;
  }

  /** Gain of the deviation that looks best in `sample`, measured on other deals: an unbiased lower bound. */
  gain(seat: number, sample: SeatSample, deals: number): Gain {
    const choice = this.rise(seat, sample, true);
    const { weights } = (this.#ranges[seat] as SampledRange).hands;
    const deviating = new Float64Array(this.#reach.length);
    const average = new Float64Array(this.#reach.length);
    const gains = new Float64Array(deals);
    const met = new Float64Array(deals);
    for (let deal = 0; deal < deals; deal++) {
      this.#dealOthers(seat);
      deviating.fill(0);
      average.fill(0);
      this.#eachHand(seat, -1, (hand) => {
        this.#compare(seat, hand, choice, deviating, average);
        const weight = weights[hand] as number;
        gains[deal] = (gains[deal] as number) + weight * ((deviating[0] as number) - (average[0] as number));
        met[deal] = (met[deal] as number) + weight;
      });
    }
    return ratioEstimate(gains, met);
  }

  /** Samples deals to all seats. Values of one deal sum to the pot, so the estimates do too. */
  sampleTable(deals: number): TableSample {
    const { tree } = this.#state;
    const { seats } = tree;
    const probability = new Float64Array(tree.kind.length);
    const chips = new Float64Array(tree.kind.length * seats);
    const equity = new Float64Array(seats);
    const one = new Float64Array(tree.kind.length * seats);
    for (let deal = 0; deal < deals; deal++) {
      this.#state.deal();
      this.#spread(-1);
      for (let i = 0; i < this.#reachedCount; i++) {
        const node = this.#reached[i] as number;
        const reach = this.#reach[node] as number;
        probability[node] = (probability[node] as number) + reach / deals;
        const leaf = tree.kind[node] === NODE.decision ? -1 : this.#playOut(node);
        for (let seat = 0; seat < seats; seat++) {
          const at = node * seats + seat;
          const value = leaf < 0 ? this.#sumChildren(one, node, seat) : reach * this.#state.payoff(leaf, seat);
          one[at] = value;
          chips[at] = (chips[at] as number) + value / deals;
        }
      }
      for (let seat = 0; seat < seats; seat++) {
        equity[seat] = (equity[seat] as number) + this.#state.potShare(seat) / deals;
      }
    }
    return { probability, chips, equity };
  }

  #sumChildren(values: Float64Array, node: number, seat: number): number {
    const { tree } = this.#state;
    let sum = 0;
    for (let action = 0; action < (tree.actionCount[node] as number); action++) {
      const child = (tree.firstChild[node] as number) + action;
      if ((this.#reach[child] as number) > 0) sum += values[child * tree.seats + seat] as number;
    }
    return sum;
  }

  /** Values of all reached nodes for one hand, deviating and on average. */
  #compare(
    seat: number,
    hand: number,
    choice: readonly Float64Array[],
    deviating: Float64Array,
    average: Float64Array,
  ): void {
    const { tree } = this.#state;
    for (let i = 0; i < this.#reachedCount; i++) {
      const node = this.#reached[i] as number;
      if (tree.kind[node] !== NODE.decision) {
        deviating[node] = average[node] = (this.#reach[node] as number) * this.#leafChips(node, seat);
        continue;
      }
      const first = tree.firstChild[node] as number;
      const actions = tree.actionCount[node] as number;
      let dev = 0;
      let avg = 0;
      if (tree.seat[node] === seat) {
        this.#state.averageOf(node, hand, this.#strategy);
        dev = deviating[first + bestAction(choice, first, actions, hand)] as number;
        for (let action = 0; action < actions; action++) {
          avg += (this.#strategy[action] as number) * (average[first + action] as number);
        }
      } else {
        for (let action = 0; action < actions; action++) {
          dev += deviating[first + action] as number;
          avg += average[first + action] as number;
        }
      }
      deviating[node] = dev;
      average[node] = avg;
    }
  }

  #dealOthers(seat: number): void {
    this.#state.deal(seat);
    this.#spread(seat);
  }

  /** Reach of the root-street nodes by all seats but one, given the cards dealt; lists the nodes that are reached. */
  #spread(except: number): void {
    const { tree } = this.#state;
    const reaches = this.#reach;
    reaches[0] = 1;
    let found = this.#nodes.length;
    for (let i = 0; i < this.#nodes.length; i++) {
      const node = this.#nodes[i] as number;
      const reach = reaches[node] as number;
      if (reach > 0) this.#reached[--found] = node;
      if (tree.kind[node] !== NODE.decision) continue;
      const actions = tree.actionCount[node] as number;
      if (reach === 0 || tree.seat[node] === except) this.#strategy.fill(1);
      else this.#state.average(node, this.#strategy, 0);
      for (let action = 0; action < actions; action++) {
        reaches[(tree.firstChild[node] as number) + action] = reach * (this.#strategy[action] as number);
      }
    }
    this.#reachedCount = this.#nodes.length - found;
    this.#reached.copyWithin(0, found);
  }

  /** Calls `visit` for the hands of a seat that the cards dealt allow: for all, or for some of a large range. */
  #eachHand(seat: number, always: number, visit: (hand: number) => void): void {
    const range = this.#ranges[seat] as SampledRange;
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
      const listed = hands.cards[hand * hands.k + place] as number;
      const card = suits ? (listed & ~3) | (suits[(listed & 3) as 0] as number) : listed;
      if (sampler.taken[card] === 1) return false;
      sampler.cards[seat * hands.k + place] = card;
    }
    this.#state.placeHand(seat, hand);
    return true;
  }

  #leafChips(node: number, seat: number): number {
    return this.#state.payoff(this.#playOut(node), seat);
  }

  /** Plays a hand to its end by average strategies, sampling one action at each decision. */
  #playOut(from: number): number {
    const { tree } = this.#state;
    const strategy = this.#playStrategy;
    let node = from;
    for (;;) {
      const kind = tree.kind[node] as number;
      if (kind === NODE.chance) node = tree.firstChild[node] as number;
      else if (kind !== NODE.decision) return node;
      else {
        this.#state.average(node, strategy, 0);
        let left = this.#random.fraction();
        let action = 0;
        for (; action < (tree.actionCount[node] as number) - 1; action++) {
          left -= strategy[action] as number;
          if (left < 0) break;
        }
        node = (tree.firstChild[node] as number) + action;
      }
    }
  }
}

/** The action with the largest value for a hand; the first of equals. */
function bestAction(values: readonly Float64Array[], first: number, actions: number, hand: number): number {
  let best = 0;
  for (let action = 1; action < actions; action++) {
    if ((values[first + action]?.[hand] as number) > (values[first + best]?.[hand] as number)) best = action;
  }
  return best;
}

/** Ratio of sums with its standard error by the delta method. */
function ratioEstimate(gains: Float64Array, weights: Float64Array): Gain {
  const weight = weights.reduce((sum, part) => sum + part, 0);
  if (!(weight > 0)) return { chips: 0, standardError: 0 };
  const ratio = gains.reduce((sum, part) => sum + part, 0) / weight;
  const spread = gains.reduce((sum, part, deal) => sum + (part - ratio * (weights[deal] as number)) ** 2, 0);
  return { chips: ratio, standardError: Math.sqrt(spread) / weight };
}
