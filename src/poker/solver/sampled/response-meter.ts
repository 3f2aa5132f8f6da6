import { CardRemoval } from "../game/card-removal.js";
import type { WalkBlock } from "../vector/shared-game.js";
import type { DrawnDeal } from "./drawn-deal.js";
import { liftUp } from "./row-pass.js";
import type { LockedRow } from "./sampled-game.js";
import type { RowPlay, SampledWalker } from "./sampled-walker.js";

type Halves<T> = readonly [T, T];

/** A drawn deal and what walks it. Both halves hold the same hands of the responder, and other hands of the opponent. */
export interface Half {
  readonly deal: DrawnDeal;
  readonly walker: SampledWalker;
}

/** What is added up for one half of a deal. Chips are times the weight of pairs of hands, and beyond those of usual play. */
export interface Bounds {
  readonly pairs: number;
  /** Of the answer that was chosen on both halves, and plays against both: it knows their cards, so it wins too much. */
  readonly above: number;
  /** Of the answer that was chosen on the other half: no answer wins more on the average. */
  readonly below: number;
}

/** Values by hand and root of a street: of usual play, and of answers that were chosen on the same half or on the other. */
interface Tracks {
  readonly usual: Float64Array;
  readonly own: Float64Array;
  readonly below: Float64Array;
}

const KINDS = ["usual", "own", "below"] as const;

interface Pooled {
  readonly usual: Float64Array;
  readonly best: Float64Array;
}

const POOLED = ["usual", "best"] as const;

/** Ways to deal a street: numbers of outcomes; of which all are looked at by both halves, or every other one by each. */
export interface OutcomeList {
  readonly outcomes: readonly number[];
  readonly complete: boolean;
}

/**
 * What the best answer to a strategy wins, from two sides. The responder's hands choose hand by hand on the street they are
 * on, against a sample of the opponent's whole range; what one sample says is best is also played against another.
 */
export class ResponseMeter {
  readonly #halves: Halves<Half>;
  readonly #seat: 0 | 1;
  readonly #opponent: RowPlay;
  readonly #own: RowPlay;
  readonly #shares: Float64Array;
  readonly #nodes: Halves<Float64Array>;
  /** Values of the chance lanes by level and half. */
  readonly #tracks: readonly Halves<Tracks>[];
  /** The same of both halves together: of usual play and of the answer that is chosen on both. */
  readonly #pooled: readonly Pooled[];

  constructor(halves: Halves<Half>, seat: 0 | 1, opponent: RowPlay, own: RowPlay) {
    const { streets, hands } = halves[0].deal;
    this.#halves = halves;
    this.#seat = seat;
    this.#opponent = opponent;
    this.#own = own;
    this.#shares = new Float64Array(Math.max(...streets.map(({ block }) => block.rowLength[seat])));
    const nodes = Math.max(...streets.map(({ block }) => block.nodeCount));
    this.#nodes = [new Float64Array(nodes), new Float64Array(nodes)];
    const tracks = (lanes: number): Tracks => {
      const length = hands[seat].count * lanes;
      return { usual: new Float64Array(length), own: new Float64Array(length), below: new Float64Array(length) };
    };
    this.#pooled = streets.map(({ block }) => {
      const length = hands[seat].count * block.chance.count;
      return { usual: new Float64Array(length), best: new Float64Array(length) };
    });
    this.#tracks = streets.map(({ block }) => [tracks(block.chance.count), tracks(block.chance.count)]);
  }

  /**
   * Measures one deal.
   *
   * @param firsts ways to deal the next street
   * @param seconds the same of the street after one of them
   * @param goOn called now and then
   */
  measure(firsts: OutcomeList, seconds: (first: number) => OutcomeList, goOn: () => void): Halves<Bounds> {
    const { streets } = this.#halves[0].deal;
    const last = streets.length - 1;
    for (const { walker } of this.#halves) walker.begin(this.#seat, this.#opponent);
    this.#clear(0);
    firsts.outcomes.forEach((first, place) => {
      goOn();
      const into = { ...firsts, place };
      if (last === 1) this.#final(1, [first, 0], into);
      else this.#middle(first, seconds(first), into);
    });
    for (const { walker } of this.#halves) walker.across(0, this.#seat);
    return this.#sum();
  }

  #middle(first: number, seconds: OutcomeList, into: OutcomeList & { readonly place: number }): void {
    this.#clear(1);
    seconds.outcomes.forEach((second, place) => {
      for (const { deal, walker } of this.#halves) {
        deal.openOutcome([first, second]);
        if (place === 0) walker.down(1, this.#seat, this.#opponent);
      }
      this.#final(2, [first, second], { ...seconds, place });
    });
    for (const { walker } of this.#halves) walker.across(1, this.#seat);
    this.#lift(1, into);
  }

  #final(level: number, outcome: readonly [number, number], into: OutcomeList & { readonly place: number }): void {
    for (const { deal, walker } of this.#halves) {
      deal.openOutcome(outcome);
      walker.down(level, this.#seat, this.#opponent);
      walker.across(level, this.#seat);
    }
    this.#lift(level, into);
  }

  #clear(level: number): void {
    for (const tracks of this.#tracks[level]) for (const kind of KINDS) tracks[kind].fill(0);
    for (const kind of POOLED) this.#pooled[level][kind].fill(0);
  }

  /** Takes a street's values up and adds them to the street before. */
  #lift(level: number, { outcomes, complete, place }: OutcomeList & { readonly place: number }): void {
    const [{ deal, walker }] = this.#halves;
    const { block } = deal.streets[level];
    const target = this.#tracks[level - 1];
    this.#liftPooled(level, deal.scales[level] / outcomes.length);
    for (let half = 0; half < 2; half++) {
      if (!complete && place % 2 !== half) continue;
      const seen = complete ? outcomes.length : Math.ceil((outcomes.length - half) / 2);
      const scale = deal.scales[level] / seen;
      for (let hand = 0; hand < deal.hands[this.#seat].count; hand++) {
        if (!walker.lives(level, this.#seat, hand)) continue;
        for (const kind of KINDS) {
          const node = this.#valuesOf(level, hand, half, kind);
          const at = hand * block.rootCount;
          for (let root = 0; root < block.rootCount; root++) target[half][kind][at + root] += node[root] * scale;
        }
      }
    }
  }

  /** Takes up what the hands win from the opponents of both halves: on all outcomes, also where a half leaves some out. */
  #liftPooled(level: number, scale: number): void {
    const [{ deal, walker }] = this.#halves;
    const { rootCount } = deal.streets[level].block;
    const target = this.#pooled[level - 1];
    for (let hand = 0; hand < deal.hands[this.#seat].count; hand++) {
      if (!walker.lives(level, this.#seat, hand)) continue;
      const at = hand * rootCount;
      for (const kind of POOLED) {
        const node = this.#valuesOnBoth(level, hand, kind);
        for (let root = 0; root < rootCount; root++) target[kind][at + root] += node[root] * scale;
      }
    }
  }

  /** Values of a street's roots for a hand against the opponents of both halves together. */
  #valuesOnBoth(level: number, hand: number, kind: (typeof POOLED)[number]): Float64Array {
    const [{ deal }, other] = this.#halves;
    const { block, values } = deal.streets[level];
    const { values: otherValues } = other.deal.streets[level];
    const { leafNode, leafLane, leafFactors, laneCount, chance } = block;
    const factors = leafFactors[this.#seat];
    const [node] = this.#nodes;
    const tracks = this.#pooled[level][kind];
    const at = hand * laneCount;
    for (let leaf = 0; leaf < leafNode.length; leaf++) {
      const lane = leafLane[leaf];
      node[leafNode[leaf]] =
        lane >= chance.start && chance.count > 0
          ? tracks[hand * chance.count + lane - chance.start]
          : ((values[at + lane] + otherValues[at + lane]) / 2) * factors[leaf];
    }
    const row = deal.rows[level][this.#seat][hand];
    if (kind === "best") liftBest(block, this.#seat, node, node, this.#own.locked?.(level, row));
    else {
      this.#own.shares(level, row, this.#shares);
      liftUp(block, this.#seat, this.#shares, node);
    }
    return node;
  }

  /** Values of a street's roots for a hand on one half, as it plays or as an answer chosen on one half would. */
  #valuesOf(level: number, hand: number, half: number, kind: (typeof KINDS)[number]): Float64Array {
    const { deal } = this.#halves[half];
    const { block } = deal.streets[level];
    const [node, chosenBy] = this.#nodes;
    this.#leaves(level, hand, half, kind, node);
    if (kind === "usual") {
      this.#own.shares(level, deal.rows[level][this.#seat][hand], this.#shares);
      liftUp(block, this.#seat, this.#shares, node);
      return node;
    }
    // What the other half holds for best: by its own sums of what comes after.
    if (kind === "below") this.#leaves(level, hand, 1 - half, "own", chosenBy);
    const locked = this.#own.locked?.(level, deal.rows[level][this.#seat][hand]);
    liftBest(block, this.#seat, kind === "below" ? chosenBy : node, node, locked);
    return node;
  }

  #leaves(level: number, hand: number, half: number, kind: (typeof KINDS)[number], node: Float64Array): void {
    const { block, values } = this.#halves[half].deal.streets[level];
    const { leafNode, leafLane, leafFactors, laneCount, chance } = block;
    const factors = leafFactors[this.#seat];
    const tracks = this.#tracks[level][half][kind];
    const at = hand * laneCount;
    for (let leaf = 0; leaf < leafNode.length; leaf++) {
      const lane = leafLane[leaf];
      if (lane >= chance.start && chance.count > 0) {
        node[leafNode[leaf]] = tracks[hand * chance.count + lane - chance.start];
        continue;
      }
      node[leafNode[leaf]] = values[at + lane] * factors[leaf];
    }
  }

  #sum(): Halves<Bounds> {
    // Both halves have the same hands of the seat.
    const { count, weights } = this.#halves[0].deal.hands[this.#seat];
    const sum = (of: (hand: number) => number): number => {
      let total = 0;
      for (let hand = 0; hand < count; hand++) total += weights[hand] * of(hand);
      return total;
    };
    const ofBoth = (kind: (typeof POOLED)[number]): number => sum((hand) => this.#valuesOnBoth(0, hand, kind)[0]);
    const above = ofBoth("best") - ofBoth("usual");
    const bounds = ([0, 1] as const).map((half): Bounds => {
      const { hands, index } = this.#halves[half].deal;
      if (!index) throw new Error("no hands are drawn");
      const other = this.#seat === 0 ? 1 : 0;
      const met = new CardRemoval(hands[0], hands[1], index).compatible(this.#seat, hands[other].weights);
      const ofHalf = (kind: (typeof KINDS)[number]): number => sum((hand) => this.#valuesOf(0, hand, half, kind)[0]);
      return { pairs: sum((hand) => met[hand]), above, below: ofHalf("below") - ofHalf("usual") };
    });
    return [bounds[0], bounds[1]];
  }
}

/**
 * Takes values up by the actions that are best by `chosenBy`; both arrays hold the leaves' values, and may be the same. At
 * locked decisions actions count by their frequencies.
 */
function liftBest(
  block: WalkBlock,
  seat: number,
  chosenBy: Float64Array,
  node: Float64Array,
  locked: readonly LockedRow[] | undefined,
): void {
  const { decisionNode, decisionSeat, firstChild, actionCount } = block;
  for (let d = decisionNode.length - 1; d >= 0; d--) {
    const child = firstChild[d];
    const actions = actionCount[d];
    const at = decisionNode[d];
    const given = locked?.find(({ decision }) => decision === d)?.strategy;
    if (decisionSeat[d] === seat && !given) {
      let best = child;
      for (let a = 1; a < actions; a++) if (chosenBy[child + a] > chosenBy[best]) best = child + a;
      node[at] = node[best];
      chosenBy[at] = chosenBy[best];
      continue;
    }
    let value = 0;
    let chosen = 0;
    for (let a = 0; a < actions; a++) {
      const share = given ? given[a] : 1;
      value += share * node[child + a];
      chosen += share * chosenBy[child + a];
    }
    node[at] = value;
    chosenBy[at] = chosen;
  }
}
