import { orderOfFive, orderOfOmaha } from "../oracle.js";

/**
 * The categories again, from their definitions in docs/ranges.md, without tables: hands are evaluated by the oracle,
 * straights are found by dealing every next card, and what two cards can make by trying all of them.
 */

const rank = (card: number): number => card >> 2;
const suit = (card: number): number => card & 3;
const kind = (order: number): number => Math.floor(order / 2 ** 20);
const deck = Array.from({ length: 52 }, (_, card) => card);
const without = (gone: readonly number[]): number[] => deck.filter((card) => !gone.includes(card));
const pairsOf = (cards: readonly number[]): [number, number][] =>
  cards.flatMap((one, i) => cards.slice(i + 1).map((other): [number, number] => [one, other]));
const down = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => b - a);

/** What depends on the board alone. */
export class NaiveBoard {
  /** Orders that two cards can make, strongest first. */
  readonly possible: number[];
  readonly nutPairs: [number, number][];
  readonly ranks: number[];

  constructor(readonly cards: readonly number[]) {
    const pairs = pairsOf(without(cards));
    this.possible = down(pairs.map((pair) => orderOfOmaha(pair, cards)));
    this.nutPairs = pairs.filter((pair) => orderOfOmaha(pair, cards) === this.possible[0]);
    this.ranks = down(cards.map(rank));
  }

  count(ofRank: number): number {
    return this.cards.filter((card) => rank(card) === ofRank).length;
  }

  suited(ofSuit: number): number {
    return this.cards.filter((card) => suit(card) === ofSuit).length;
  }

  /** Highest ranks of a suit that the board leaves. */
  missing(ofSuit: number): number[] {
    return down(
      without(this.cards)
        .filter((card) => suit(card) === ofSuit)
        .map(rank),
    );
  }

  nth(ofKind: number, place: number): number | undefined {
    return this.possible.filter((order) => kind(order) === ofKind)[place];
  }
}

/** The best five cards, found once more to look at them. */
function bestFive(hand: readonly number[], board: readonly number[]): number[] {
  let best: number[] = [];
  let order = -1;
  for (const hole of pairsOf(hand)) {
    for (const a of board)
      for (const b of board)
        for (const c of board) {
          if (!(a < b && b < c)) continue;
          const found = orderOfFive(...hole, a, b, c);
          if (found > order) [order, best] = [found, [...hole, a, b, c]];
        }
  }
  return best;
}

const groupsOf = (five: readonly number[], size: number): number[] =>
  down(five.map(rank).filter((one, _, all) => all.filter((other) => other === one).length === size));

/** Next cards after which the best straight is made, for hands without a straight: only ranks matter. */
function straightCards(hand: readonly number[], board: readonly number[]): number[] {
  const isStraight = (ranks: readonly number[]): boolean => {
    const [low = 0, , , fourth = 0, high = 0] = [...ranks].sort((a, b) => a - b);
    if (new Set(ranks).size !== 5) return false;
    return high - low === 4 || (high === 12 && fourth === 3);
  };
  const makes = (on: readonly number[]): boolean =>
    pairsOf(hand).some((hole) =>
      on.some((a, i) =>
        on.some((b, j) => on.some((c, k) => i < j && j < k && isStraight([...hole, a, b, c].map(rank)))),
      ),
    );
  if (board.length > 4 || makes(board)) return [];
  return without([...hand, ...board]).filter((card) => makes([...board, card]));
}

/** A hand on a board: every category it belongs to. */
export function naiveCategories(hand: readonly number[], board: NaiveBoard): Set<string> {
  const is = new Set<string>();
  const add = (name: string, holds: boolean): void => {
    if (holds) is.add(name);
  };
  const order = orderOfOmaha(hand, board.cards);
  const made = kind(order);
  const five = bestFive(hand, board.cards);
  const { ranks } = board;
  add("nuts", order === board.possible[0]);
  add("secondnuts", order === board.possible[1]);
  const names = ["", "", "twopair", "threeofakind", "straight", "flush", "fullhouse", "quads", "straightflush"];
  if (names[made]) is.add(names[made] ?? "");
  for (const [name, of] of [
    ["straight", 4],
    ["flush", 5],
    ["fullhouse", 6],
  ] as const) {
    ["nut", "second", "third"].forEach((prefix, place) => {
      add(`${prefix}${name}`, order === board.nth(of, place));
    });
  }
  if (made === 3) {
    const [three = -1] = groupsOf(five, 3);
    const isSet = board.count(three) === 1;
    add("set", isSet);
    add("trips", !isSet);
    add("topset", isSet && three === ranks[0]);
    add("bottomset", isSet && three === ranks.at(-1));
    add("middleset", isSet && three !== ranks[0] && three !== ranks.at(-1));
  }
  if (made === 2) {
    const [high = -1, low = -1] = groupsOf(five, 2);
    const own = board.count(high) === 1 && board.count(low) === 1;
    add("toptwo", own && high === ranks[0] && low === ranks[1]);
    add("topandbottom", own && high === ranks[0] && low === ranks.at(-1));
    add("bottomtwo", own && high === ranks.at(-2) && low === ranks.at(-1));
  }
  const [paired = -1] = made === 1 ? groupsOf(five, 2) : [];
  const isPair = made === 1 && board.count(paired) < 2;
  add("pair", isPair);
  add("air", made === 0 || (made === 1 && !isPair));
  add("overpair", isPair && paired > (ranks[0] ?? 0));
  ["toppair", "secondpair", "thirdpair"].forEach((name, place) => {
    add(name, isPair && paired === ranks[place]);
  });
  add("bottompair", isPair && paired === ranks.at(-1));
  add("underpair", isPair && board.count(paired) === 0 && paired < (ranks[0] ?? 0));
  addDraws(hand, board, add);
  return is;
}

function addDraws(hand: readonly number[], board: NaiveBoard, add: (name: string, holds: boolean) => void): void {
  const toCome = board.cards.length < 5;
  const flop = board.cards.length === 3;
  const drawing = (onBoard: number): { of: number; top: number }[] =>
    [0, 1, 2, 3]
      .filter((of) => board.suited(of) === onBoard && hand.filter((card) => suit(card) === of).length >= 2)
      .map((of) => ({ of, top: Math.max(...hand.filter((card) => suit(card) === of).map(rank)) }));
  const fd = toCome ? drawing(2) : [];
  const bdfd = flop ? drawing(1) : [];
  add("fd", fd.length > 0);
  add(
    "nfd",
    fd.some(({ of, top }) => top === board.missing(of)[0]),
  );
  add(
    "secondfd",
    fd.some(({ of, top }) => top === board.missing(of)[1]),
  );
  add("bdfd", bdfd.length > 0);
  add(
    "nbdfd",
    bdfd.some(({ of, top }) => top === board.missing(of)[0]),
  );
  const outs = straightCards(hand, board.cards);
  const outRanks = new Set(outs.map(rank)).size;
  add("straightdraw", outRanks > 0);
  add("gutshot", outRanks === 1);
  add("oesd", outRanks === 2);
  add("wrap", outRanks >= 3);
  for (let count = 1; count <= 24; count++) {
    add(`outs${count}`, outs.length === count);
    add(`wrap${count}`, outRanks >= 3 && outs.length === count);
    add(`wrap${count}+`, outRanks >= 3 && outs.length >= count);
  }
  add("combodraw", fd.length > 0 && outRanks >= 2);
  add("draw", fd.length > 0 || outRanks >= 2);
  const bare = (onBoard: (count: number) => boolean): boolean =>
    [0, 1, 2, 3].some((of) => {
      const held = hand.filter((card) => suit(card) === of).map(rank);
      return onBoard(board.suited(of)) && held.length === 1 && held[0] === board.missing(of)[0];
    });
  add(
    "nfb",
    bare((count) => count >= 3),
  );
  add("nfdb", toCome && bare((count) => count === 2));
  const nut = board.nth(4, 0);
  const makers =
    nut === undefined ? [] : pairsOf(without(board.cards)).filter((pair) => orderOfOmaha(pair, board.cards) === nut);
  const hasNut = pairsOf(hand).some((pair) => orderOfOmaha(pair, board.cards) === nut);
  const makerRanks = new Set(makers.flat().map(rank));
  add("nsb", nut !== undefined && !hasNut && hand.some((card) => makerRanks.has(rank(card))));
  const [top = -1] = board.ranks;
  add("topsetblocker", board.count(top) === 1 && hand.filter((card) => rank(card) === top).length === 1);
  const nutCards = new Set(board.nutPairs.flat());
  add("nutsblocker", orderOfOmaha(hand, board.cards) !== board.possible[0] && hand.some((card) => nutCards.has(card)));
}
