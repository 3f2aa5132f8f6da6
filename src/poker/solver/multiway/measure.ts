import type { Random } from "../../random.js";
import type { SampledRange } from "../abstraction/suit-classes.js";
import { type DealList, listDeals } from "./deal-list.js";
import { type Gain, ratioEstimate } from "./gain.js";
import type { MultiwayState } from "./multiway-state.js";
import { MAX_ACTIONS, NODE } from "./multiway-tree.js";
import { type ActionMeans, RootStreet } from "./root-street.js";

/** What a seat's hands earn on the root street against the others' average play, by sampling. */
export interface SeatSample {
  /** Per root-street node and hand: summed reach of the others, and (at leaves) summed reach times the seat's chips. */
  readonly reach: readonly Float64Array[];
  readonly chips: readonly Float64Array[];
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

/** A number for every node of the tree and hand of a seat; deviations take the action whose number is largest. */
type Scores = (node: number, hand: number) => number;

/** How a hand of the seat goes on at a decision. */
type Plays = (node: number, hand: number) => "average" | "present" | "best";

/** Reach by a hand's own play below which it goes on otherwise: what is on record there is no play. */
const LEAST_REACH = 0.01;

/** Measures average play and deviations from it on the root street; later streets are played as on average, locked hands as locked. */
export class Measure {
  readonly #state: MultiwayState;
  readonly #ranges: readonly SampledRange[];
  readonly #street: RootStreet;
  readonly #strategy = new Float64Array(MAX_ACTIONS);

  constructor(state: MultiwayState, ranges: readonly SampledRange[], random: Random) {
    this.#state = state;
    this.#ranges = ranges;
    this.#street = new RootStreet(state, ranges, random);
  }

  /** Work of one deal in a seat's sample, in nodes. */
  dealCost(seat: number): number {
    return this.#street.handsPerDeal(seat) * this.#street.handCost;
  }

  /** Work of one deal in the table's sample, in nodes. */
  get tableCost(): number {
    return this.#street.handCost * this.#state.tree.seats;
  }

  /**
   * All deals to a seat's opponents (to all seats: -1), if they are few enough to be gone through instead of sampled
   * and later streets play no part; else null.
   */
  listDeals(seat: number, most: number): DealList | null {
    const all = seat < 0 || this.#street.handsPerDeal(seat) === this.#ranges[seat].hands.count;
    if (!all || this.#ranges.some((range) => range.suitClasses)) return null;
    const hands = this.#ranges.map((range) => range.hands);
    return listDeals(hands, this.#state.sampler.knownBoards, seat, most);
  }

  /**
   * What every hand of a seat earns at every root-street leaf.
   *
   * @param deals how many random ones, or a list of them all
   * @param always hand that is looked at in every random deal
   */
  sampleSeat(seat: number, deals: number | DealList, always = -1): SeatSample {
    const { tree } = this.#state;
    const street = this.#street;
    const { count } = this.#ranges[seat].hands;
    const make = (): Float64Array[] =>
      tree.nodes.map((_, node) => new Float64Array(tree.level[node] === 0 ? count : 0));
    const sample = { reach: make(), chips: make() };
    const [dealt, list] = source(deals);
    for (let deal = 0; deal < dealt; deal++) {
      const weight = street.deal(seat, list, deal);
      street.eachHand(seat, always, (hand) => {
        for (let i = 0; i < street.reachedCount; i++) {
          const node = street.reached[i];
          const reach = weight * street.reach[node];
          const column = sample.reach[node];
          column[hand] += reach;
          if (tree.kind[node] === NODE.decision) continue;
          const chips = sample.chips[node];
          chips[hand] += reach * street.leafChips(node, seat);
        }
      });
    }
    return sample;
  }

  /**
   * What every action is worth to hands that go on as well as they can: by average play, and where that hardly ever
   * comes by their last regrets, or, of all deals, by their best action.
   */
  valuesOf(seat: number, sample: SeatSample, exact: boolean): Float64Array[] {
    const own = this.#street.ownReach(seat);
    return this.rise(seat, sample, false, (node, hand) => {
      if (own[node][hand] >= LEAST_REACH) return "average";
      return exact ? "best" : "present";
    });
  }

  /**
   * Summed chips of every root-street node by hand, leaves upwards: the seat mixes by its average strategy or, with
   * `best`, takes the action with the larger sum.
   */
  rise(seat: number, sample: SeatSample, best: boolean, plays: Plays = () => "average"): Float64Array[] {
    const { tree } = this.#state;
    const values = sample.chips.map((column) => column.slice());
    const score: Scores = (node, hand) => values[node][hand];
    for (const node of this.#street.decisionsUpwards()) {
      const into = values[node];
      const first = tree.firstChild[node];
      const actions = tree.actionCount[node];
      const mine = tree.seat[node] === seat;
      for (let hand = 0; hand < into.length; hand++) {
        const play = !mine ? null : this.#state.isLocked(node, hand) ? "average" : best ? "best" : plays(node, hand);
        if (play === "best") {
          into[hand] = score(first + bestAction(score, first, actions, hand), hand);
          continue;
        }
        if (play === "average") this.#state.averageOf(node, hand, this.#strategy);
        else if (play === "present") this.#state.presentOf(node, hand, this.#strategy);
        else this.#strategy.fill(1);
        let sum = 0;
        for (let action = 0; action < actions; action++) {
          sum += this.#strategy[action] * values[first + action][hand];
        }
        into[hand] = sum;
      }
    }
    return values;
  }

  /**
   * Measures two deviations on other deals than they were chosen on: the one that looks best in `sample`, and the one
   * that training regrets most not to have played, which suffers less from a small sample. The larger gain is returned:
   * a lower bound.
   */
  gain(seat: number, sample: SeatSample, deals: number): Gain {
    const sampled = this.rise(seat, sample, true);
    const choices: readonly Scores[] = [(node, hand) => sampled[node][hand], this.#regretScores(seat)];
    const { weights } = this.#ranges[seat].hands;
    const average = new Float64Array(this.#street.reach.length);
    const deviating = choices.map(() => new Float64Array(average.length));
    const gains = choices.map(() => new Float64Array(deals));
    const met = new Float64Array(deals);
    for (let deal = 0; deal < deals; deal++) {
      this.#street.deal(seat, null, deal);
      average.fill(0);
      for (const values of deviating) values.fill(0);
      this.#street.eachHand(seat, -1, (hand) => {
        this.#compare(seat, hand, choices, deviating, average);
        const weight = weights[hand];
        gains.forEach((of, choice) => {
          const gain = deviating[choice][0] - average[0];
          of[deal] += weight * gain;
        });
        met[deal] += weight;
      });
    }
    return gains.map((of) => ratioEstimate(of, met)).reduce((best, other) => (other.chips > best.chips ? other : best));
  }

  /** The gain by the best response to the others' average play, from a sample of all deals: exact. */
  exactGain(seat: number, sample: SeatSample): Gain {
    const { weights } = this.#ranges[seat].hands;
    const sum = (values: Float64Array): number =>
      weights.reduce((total, weight, hand) => total + weight * values[hand], 0);
    const gain = sum(this.rise(seat, sample, true)[0]) - sum(this.rise(seat, sample, false)[0]);
    return { chips: gain / sum(sample.reach[0]), standardError: 0 };
  }

  /** Deals to all seats, random ones or all. Values of one deal sum to the pot, so the estimates do too. */
  sampleTable(deals: number | DealList): TableSample {
    const { tree } = this.#state;
    const street = this.#street;
    const { seats } = tree;
    const probability = new Float64Array(tree.kind.length);
    const chips = new Float64Array(tree.kind.length * seats);
    const equity = new Float64Array(seats);
    const one = new Float64Array(tree.kind.length * seats);
    const [dealt, list] = source(deals);
    for (let deal = 0; deal < dealt; deal++) {
      const weight = street.deal(-1, list, deal) / (list ? 1 : dealt);
      for (let i = 0; i < street.reachedCount; i++) {
        const node = street.reached[i];
        const reach = street.reach[node];
        probability[node] += reach * weight;
        const leaf = tree.kind[node] === NODE.decision ? -1 : street.playOut(node);
        for (let seat = 0; seat < seats; seat++) {
          const at = node * seats + seat;
          const value = leaf < 0 ? this.#sumChildren(one, node, seat) : reach * this.#state.payoff(leaf, seat);
          one[at] = value;
          chips[at] += value * weight;
        }
      }
      for (let seat = 0; seat < seats; seat++) {
        equity[seat] += this.#state.potShare(seat) * weight;
      }
    }
    return { probability, chips, equity };
  }

  /** See {@link RootStreet.rootActions}. */
  rootActions(hand: number, deals: number): ActionMeans {
    return this.#street.rootActions(hand, deals);
  }

  #sumChildren(values: Float64Array, node: number, seat: number): number {
    const { tree } = this.#state;
    let sum = 0;
    for (let action = 0; action < tree.actionCount[node]; action++) {
      const child = tree.firstChild[node] + action;
      if (this.#street.reach[child] > 0) sum += values[child * tree.seats + seat];
    }
    return sum;
  }

  /** The regret of each action of the seat, as a score of the node it leads to. */
  #regretScores(seat: number): Scores {
    const { tree, regrets } = this.#state;
    const place = new Float64Array(tree.kind.length);
    const stride = new Uint8Array(tree.kind.length);
    for (const node of this.#street.decisionsUpwards()) {
      if (tree.seat[node] !== seat) continue;
      const actions = tree.actionCount[node];
      for (let action = 0; action < actions; action++) {
        place[tree.firstChild[node] + action] = tree.table[node] + action;
        stride[tree.firstChild[node] + action] = actions;
      }
    }
    return (node, hand) => regrets[place[node] + hand * stride[node]];
  }

  /** Values of all reached nodes for one hand, by each deviation and on average. */
  #compare(
    seat: number,
    hand: number,
    choices: readonly Scores[],
    deviating: readonly Float64Array[],
    average: Float64Array,
  ): void {
    const { tree } = this.#state;
    const street = this.#street;
    for (let i = 0; i < street.reachedCount; i++) {
      const node = street.reached[i];
      if (tree.kind[node] !== NODE.decision) {
        const chips = street.reach[node] * street.leafChips(node, seat);
        average[node] = chips;
        for (const values of deviating) values[node] = chips;
        continue;
      }
      const first = tree.firstChild[node];
      const actions = tree.actionCount[node];
      const mine = tree.seat[node] === seat;
      const chooses = mine && !this.#state.isLocked(node, hand);
      if (mine) this.#state.averageOf(node, hand, this.#strategy);
      average[node] = weightedSum(average, first, actions, mine ? this.#strategy : null);
      for (let choice = 0; choice < choices.length; choice++) {
        const values = deviating[choice];
        values[node] = chooses
          ? values[first + bestAction(choices[choice], first, actions, hand)]
          : weightedSum(values, first, actions, mine ? this.#strategy : null);
      }
    }
  }
}

function source(deals: number | DealList): readonly [count: number, list: DealList | null] {
  return typeof deals === "number" ? [deals, null] : [deals.count, deals];
}

function weightedSum(values: Float64Array, first: number, count: number, weights: Float64Array | null): number {
  let sum = 0;
  for (let at = 0; at < count; at++) sum += (weights ? weights[at] : 1) * values[first + at];
  return sum;
}

/** The action with the largest score for a hand; the first of equals. */
function bestAction(score: Scores, first: number, actions: number, hand: number): number {
  let best = 0;
  for (let action = 1; action < actions; action++) {
    if (score(first + action, hand) > score(first + best, hand)) best = action;
  }
  return best;
}
