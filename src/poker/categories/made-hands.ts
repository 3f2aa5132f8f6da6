import { CATEGORY_OF_VALUE } from "../evaluator/categories.js";
import { type BoardFacts, floorOf, KIND, ranksOfValue } from "./board-facts.js";

/** Whether a strength belongs to a made category on a board. */
type MadeTest = (value: number, board: BoardFacts) => boolean;

const ofKind =
  (kind: number): MadeTest =>
  (value) =>
    CATEGORY_OF_VALUE[value] === kind;

/** The strengths of a kind that the board allows, best first. */
const ofRank =
  (kind: number, place: number): MadeTest =>
  (value, { strengths }) =>
    value === strengths.filter((strength) => CATEGORY_OF_VALUE[strength] === kind)[place];

/** Three of a kind with a pocket pair: its rank lies on the board once. */
const setWhere =
  (fits: (rank: number, ranks: readonly number[]) => boolean): MadeTest =>
  (value, { rankCounts, ranks }) => {
    if (CATEGORY_OF_VALUE[value] !== KIND.threeOfAKind) return false;
    const { three } = ranksOfValue(value);
    return rankCounts[three] === 1 && fits(three, ranks);
  };

/** Two pair of two ranks that lie on the board once each. */
const twoPairOf =
  (
    high: (ranks: readonly number[]) => number | undefined,
    low: (ranks: readonly number[]) => number | undefined,
  ): MadeTest =>
  (value, { rankCounts, ranks }) => {
    if (CATEGORY_OF_VALUE[value] !== KIND.twoPair) return false;
    const [one = -1, other = -1] = ranksOfValue(value).pairs;
    return rankCounts[one] === 1 && rankCounts[other] === 1 && one === high(ranks) && other === low(ranks);
  };

/** One pair that is not the board's. */
const pairWhere =
  (fits: (rank: number, board: BoardFacts) => boolean): MadeTest =>
  (value, board) => {
    if (CATEGORY_OF_VALUE[value] !== KIND.pair) return false;
    const [rank = -1] = ranksOfValue(value).pairs;
    return board.rankCounts[rank] < 2 && fits(rank, board);
  };

const isPair = pairWhere(() => true);

/** The kind a category is part of, and its test. */
const MADE: Readonly<Record<string, { readonly kind: number; readonly is: MadeTest }>> = {
  nuts: { kind: KIND.highCard, is: (value, { strengths }) => value === strengths[0] },
  secondnuts: { kind: KIND.highCard, is: (value, { strengths }) => value === strengths[1] },
  straightflush: { kind: KIND.straightFlush, is: ofKind(KIND.straightFlush) },
  quads: { kind: KIND.quads, is: ofKind(KIND.quads) },
  fullhouse: { kind: KIND.fullHouse, is: ofKind(KIND.fullHouse) },
  nutfullhouse: { kind: KIND.fullHouse, is: ofRank(KIND.fullHouse, 0) },
  secondfullhouse: { kind: KIND.fullHouse, is: ofRank(KIND.fullHouse, 1) },
  thirdfullhouse: { kind: KIND.fullHouse, is: ofRank(KIND.fullHouse, 2) },
  flush: { kind: KIND.flush, is: ofKind(KIND.flush) },
  nutflush: { kind: KIND.flush, is: ofRank(KIND.flush, 0) },
  secondflush: { kind: KIND.flush, is: ofRank(KIND.flush, 1) },
  thirdflush: { kind: KIND.flush, is: ofRank(KIND.flush, 2) },
  straight: { kind: KIND.straight, is: ofKind(KIND.straight) },
  nutstraight: { kind: KIND.straight, is: ofRank(KIND.straight, 0) },
  secondstraight: { kind: KIND.straight, is: ofRank(KIND.straight, 1) },
  thirdstraight: { kind: KIND.straight, is: ofRank(KIND.straight, 2) },
  threeofakind: { kind: KIND.threeOfAKind, is: ofKind(KIND.threeOfAKind) },
  set: { kind: KIND.threeOfAKind, is: setWhere(() => true) },
  topset: { kind: KIND.threeOfAKind, is: setWhere((rank, ranks) => rank === ranks[0]) },
  middleset: { kind: KIND.threeOfAKind, is: setWhere((rank, ranks) => rank !== ranks[0] && rank !== ranks.at(-1)) },
  bottomset: { kind: KIND.threeOfAKind, is: setWhere((rank, ranks) => rank === ranks.at(-1)) },
  trips: {
    kind: KIND.threeOfAKind,
    is: (value, { rankCounts }) =>
      CATEGORY_OF_VALUE[value] === KIND.threeOfAKind && rankCounts[ranksOfValue(value).three] >= 2,
  },
  twopair: { kind: KIND.twoPair, is: ofKind(KIND.twoPair) },
  toptwo: {
    kind: KIND.twoPair,
    is: twoPairOf(
      ([first]) => first,
      ([, second]) => second,
    ),
  },
  topandbottom: {
    kind: KIND.twoPair,
    is: twoPairOf(
      ([first]) => first,
      (ranks) => ranks.at(-1),
    ),
  },
  bottomtwo: {
    kind: KIND.twoPair,
    is: twoPairOf(
      (ranks) => ranks.at(-2),
      (ranks) => ranks.at(-1),
    ),
  },
  pair: { kind: KIND.pair, is: isPair },
  overpair: { kind: KIND.pair, is: pairWhere((rank, { ranks: [top = 0] }) => rank > top) },
  toppair: { kind: KIND.pair, is: pairWhere((rank, { ranks: [top] }) => rank === top) },
  secondpair: { kind: KIND.pair, is: pairWhere((rank, { ranks: [, second] }) => rank === second) },
  thirdpair: { kind: KIND.pair, is: pairWhere((rank, { ranks: [, , third] }) => rank === third) },
  bottompair: { kind: KIND.pair, is: pairWhere((rank, { ranks }) => rank === ranks.at(-1)) },
  underpair: {
    kind: KIND.pair,
    is: pairWhere((rank, { ranks: [top = 0], rankCounts }) => rankCounts[rank] === 0 && rank < top),
  },
  air: {
    kind: KIND.highCard,
    is: (value, board) => CATEGORY_OF_VALUE[value] <= KIND.pair && !isPair(value, board),
  },
};

/**
 * The strengths that belong to a made category on a board, as a table by strength.
 * @param orBetter as strong as its weakest member, or stronger; where the board allows none, as the weakest of its kind
 */
export function madeStrengths(name: string, orBetter: boolean, board: BoardFacts): Uint8Array {
  const { kind, is } = MADE[name] ?? MADE.air;
  const members = board.strengths.filter((value) => is(value, board));
  const table = new Uint8Array(CATEGORY_OF_VALUE.length);
  for (const value of members) table[value] = 1;
  if (orBetter) table.fill(1, Math.min(...members, members.length > 0 ? Number.POSITIVE_INFINITY : floorOf(kind)));
  return table;
}
