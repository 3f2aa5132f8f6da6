import { CardRemoval } from "../game/card-removal.js";
import type { WalkBlock } from "../vector/shared-game.js";
import type { DrawnDeal } from "./drawn-deal.js";
import { splitDown } from "./row-pass.js";
import type { SampledGame } from "./sampled-game.js";
import type { RowPlay, SampledWalker } from "./sampled-walker.js";

type BySeat<T> = readonly [T, T];

/** A drawn deal and the strategies that are measured on it. */
export interface DealInPlay {
  readonly game: SampledGame;
  readonly deal: DrawnDeal;
  readonly walker: SampledWalker;
  /** The opponent's average strategy by a set of tables. */
  average(seat: 0 | 1, set: number): RowPlay;
  /** A seat's own average strategy. */
  playOn(seat: 0 | 1, set: number): RowPlay;
}

/** What is added up over the deals of one batch. Chips are times the weight of pairs of hands. */
export interface Measures {
  /** [0]: weight of pairs of hands; [1]: times the first seat's share of the pot by showdown alone. */
  readonly totals: Float64Array;
  /**
   * For each class of hands of the seat that acts first: weight of pairs at the root; times the seat's share of the pot
   * by showdown alone. The hero's hand is the last class.
   */
  readonly shown: Float64Array;
  /** By seat: chips of the replicate's play. */
  readonly chips: BySeat<Float64Array>;
  /** By seat, for each class of hands and decision: weight of pairs that come there. The hero's hand is the last class. */
  readonly here: BySeat<Float64Array>;
  /** By seat, for each decision of either: chips of the seat in games that come there. */
  readonly worth: BySeat<Float64Array>;
  /** By seat, for each class and action: weight that takes it; chips of all by taking it; chips of those that take it. */
  readonly taken: BySeat<Float64Array>;
  readonly every: BySeat<Float64Array>;
  readonly takers: BySeat<Float64Array>;
  /** By seat: weight of pairs; what the best answer wins beyond average play, no less than, no more than. */
  readonly bounds: BySeat<Float64Array>;
}

/** Batches of deals that measures are taken in; their spread is the error. */
export const BATCHES = 8;
const TOTALS = 2;
const CHIPS = 1;
const BOUNDS = 3;
const SHOWN = 2;

/** The seat that acts first. */
const firstSeat = ({ decisionSeat }: WalkBlock): 0 | 1 => (decisionSeat[0] === 0 ? 0 : 1);

function lengths(block: WalkBlock, classes: BySeat<number>): number {
  const { decisionNode, rowLength } = block;
  const bySeat = ([0, 1] as const).map((seat) => classes[seat] * (decisionNode.length + 3 * rowLength[seat]));
  return (
    TOTALS + SHOWN * classes[firstSeat(block)] + 2 * (CHIPS + BOUNDS + decisionNode.length) + bySeat[0] + bySeat[1]
  );
}

/** Bytes of all batches' measures. @param classes numbers of classes by seat, the hero's included */
export function measureBytes(block: WalkBlock, classes: BySeat<number>): number {
  return lengths(block, classes) * BATCHES * 8;
}

/** One batch's measures. */
export function measuresOf({ blocks, measures, classCounts }: SampledGame, batch: number): Measures {
  const [block] = blocks;
  let at = lengths(block, classCounts) * batch * 8;
  const take = (length: number): Float64Array => {
    const array = new Float64Array(measures, at, length);
    at += length * 8;
    return array;
  };
  const pair = (length: (seat: 0 | 1) => number): BySeat<Float64Array> => [take(length(0)), take(length(1))];
  const actions = (seat: 0 | 1): number => classCounts[seat] * block.rowLength[seat];
  return {
    totals: take(TOTALS),
    shown: take(SHOWN * classCounts[firstSeat(block)]),
    chips: pair(() => CHIPS),
    here: pair((seat) => classCounts[seat] * block.decisionNode.length),
    worth: pair(() => block.decisionNode.length),
    taken: pair(actions),
    every: pair(actions),
    takers: pair(actions),
    bounds: pair(() => BOUNDS),
  };
}

/** Adds one drawn deal to a batch: EVs of a replicate's play at every decision of the root street. */
export function measureDeal(work: DealInPlay, batch: number, replicate: number): void {
  const { game, deal } = work;
  const { hands, index } = deal;
  if (!index) throw new Error("no hands are drawn");
  const removal = new CardRemoval(hands[0], hands[1], index);
  const measures = measuresOf(game, batch);
  const met = removal.compatible(0, hands[1].weights);
  measures.totals[0] += weighted(met, hands[0].weights);
  const shares = showdownShares(work, removal, 0);
  measures.totals[1] += weighted(shares, hands[0].weights);
  const first = firstSeat(game.blocks[0]);
  const firstMet = first === 0 ? met : removal.compatible(first, hands[0].weights);
  addShown(work, measures, first, firstMet, first === 0 ? shares : showdownShares(work, removal, first), false);
  for (const seat of [0, 1] as const) measureDecisions(work, removal, measures, seat, replicate, false);
}

/**
 * Adds one deal of which the hero's hand is the only one of its seat: its EVs by a replicate's play. Such deals cost
 * little, so that there are many of them.
 */
export function measureHero(work: DealInPlay, seat: 0 | 1, batch: number, replicate: number): void {
  const { hands, index } = work.deal;
  if (!index) throw new Error("no hands are drawn");
  const removal = new CardRemoval(hands[0], hands[1], index);
  const measures = measuresOf(work.game, batch);
  if (seat === firstSeat(work.game.blocks[0])) {
    const met = removal.compatible(seat, hands[seat === 0 ? 1 : 0].weights);
    addShown(work, measures, seat, met, showdownShares(work, removal, seat), true);
  }
  measureDecisions(work, removal, measures, seat, replicate, true);
}

/** Adds up by class what the hands of the seat that acts first win by showdown alone. */
function addShown(
  { game, deal }: DealInPlay,
  { shown }: Measures,
  seat: 0 | 1,
  met: Float64Array,
  shares: Float64Array,
  heroAlone: boolean,
): void {
  const add = (group: number, weight: number, hand: number): void => {
    shown[group * SHOWN] += weight * met[hand];
    shown[group * SHOWN + 1] += weight * shares[hand];
  };
  deal.hands[seat].weights.forEach((weight, hand) => {
    const place = deal.places[seat][hand];
    if (!heroAlone) add(game.classOf[seat][place], weight, hand);
    if (place === game.heroes[seat]) add(game.classCounts[seat] - 1, 1, hand);
  });
}

/** A sum over the hands of a seat. */
export function weighted(values: Float64Array, weights: Float64Array): number {
  return values.reduce((sum, value, hand) => sum + value * weights[hand], 0);
}

/** For each hand of a seat: its share by showdown on the drawn cards, times the weight of the hands that it meets. */
function showdownShares({ deal }: DealInPlay, removal: CardRemoval, seat: 0 | 1): Float64Array {
  const { hands, streets, scales, runouts } = deal;
  const scale = streets.reduce((product, _, level) => (level > 0 ? product * scales[level] : product), 1);
  const sums = new Float64Array(hands[seat].count);
  for (let runout = 0; runout < runouts; runout++) {
    deal.open(runout);
    const first = deal.strengths(0);
    const second = deal.strengths(1);
    first.forEach((strengths, board) => {
      const onBoard = [strengths, second[board]] as const;
      const { below, notAbove } = removal.weaker(seat, hands[seat === 0 ? 1 : 0].weights, onBoard);
      sums.forEach((_, hand) => {
        if (onBoard[seat][hand] >= 0) sums[hand] += (below[hand] + notAbove[hand]) / 2 / first.length;
      });
    });
  }
  return sums.map((sum) => (sum * scale) / runouts);
}

function measureDecisions(
  work: DealInPlay,
  removal: CardRemoval,
  measures: Measures,
  seat: 0 | 1,
  replicate: number,
  heroAlone: boolean,
): void {
  const { game, deal, walker } = work;
  const [block] = game.blocks;
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset, nodeCount } = block;
  const other = seat === 0 ? 1 : 0;
  const { hands, places } = deal;
  const { count, weights } = hands[seat];
  const theirReach = Array.from(decisionNode, () => new Float64Array(hands[other].count));
  const values = new Float64Array(count * nodeCount);
  const opponent = work.average(other, replicate);
  const own = work.playOn(seat, replicate);
  const results = walker.walk(
    seat,
    {
      ...opponent,
      arrived: ({ level, hand, node }) => {
        if (level > 0) return;
        theirReach.forEach((column, decision) => {
          column[hand] = node[decisionNode[decision]];
        });
      },
    },
    {
      ...own,
      earned: ({ level, hand, node }) => {
        if (level === 0) values.set(node.subarray(0, nodeCount), hand * nodeCount);
      },
    },
  );
  if (!heroAlone) measures.chips[seat][0] += weighted(results, weights);
  const reach = new Float64Array(nodeCount);
  const split = work.average(seat, replicate);
  const shares = new Float64Array(block.rowLength[seat]);
  const met = Array.from(decisionNode, (_, decision) =>
    decisionSeat[decision] === seat ? removal.compatible(seat, theirReach[decision]) : null,
  );
  const length = block.rowLength[seat];
  for (let hand = 0; hand < count; hand++) {
    reach[0] = weights[hand];
    split.shares(0, deal.rows[0][seat][hand], shares);
    splitDown(block, seat, shares, reach);
    for (let decision = 0; decision < decisionNode.length && !heroAlone; decision++) {
      const at = decisionNode[decision];
      measures.worth[seat][decision] += reach[at] * values[hand * nodeCount + at];
    }
    const isHero = places[seat][hand] === game.heroes[seat];
    const groups = heroAlone ? [] : [{ group: game.classOf[seat][places[seat][hand]], whole: false }];
    // The hero's own row is that of his hand wherever it comes from, and counts alike in every deal.
    if (isHero) groups.push({ group: game.classCounts[seat] - 1, whole: true });
    for (let decision = 0; decision < met.length; decision++) {
      const opponents = met[decision];
      if (!opponents) continue;
      const at = decisionNode[decision];
      const child = firstChild[decision];
      for (const { group, whole } of groups) {
        const here = whole ? 1 : reach[at];
        const pairs = here * opponents[hand];
        measures.here[seat][group * decisionNode.length + decision] += pairs;
        for (let action = 0; action < actionCount[decision]; action++) {
          const place = group * length + rowOffset[decision] + action;
          const share = reach[at] > 0 ? reach[child + action] / reach[at] : 1 / actionCount[decision];
          const chips = here * values[hand * nodeCount + child + action];
          measures.taken[seat][place] += pairs * share;
          measures.every[seat][place] += chips;
          measures.takers[seat][place] += chips * share;
        }
      }
    }
  }
}
