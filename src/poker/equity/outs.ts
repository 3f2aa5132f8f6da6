import { type Card, deckWithout } from "../cards.js";
import { OmahaEvaluator } from "../evaluator/omaha.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import type { KnownDeal } from "./known-showdowns.js";
import { shareClasses } from "./showdown-counts.js";

/** Cards that give a player what a field is named after. */
export interface PlayerOuts {
  /** By board: cards that make the player win or share it; undefined for a board that does not wait for one card. */
  readonly split: readonly (readonly Card[] | undefined)[];
  /**
   * Deals that make the player the only winner of both boards: one card each where one board waits for one, a top and a
   * bottom card each where both do. Undefined unless each board is complete or waits for one card.
   */
  readonly scoop: readonly (readonly Card[])[] | undefined;
  /** As `scoop`, for a share in both boards. */
  readonly chop: readonly (readonly Card[])[] | undefined;
}

/** Share classes of all players with each card that can come; one row with the key -1 for a complete board. */
type ClassesByCard = ReadonlyMap<Card, Uint8Array>;

/** The outs of every player, all hands known. */
export function findOuts(tables: EvaluatorTables, deal: KnownDeal): PlayerOuts[] {
  const live = deckWithout([...deal.hands.flatMap((hand) => Array.from(hand)), ...deal.boards.flat(), ...deal.dead]);
  const boards = deal.boards.map((known) => classesByCard(tables, deal, known, live));
  return deal.hands.map((_, player) => ({
    split: boards.map((classes) => classes && splitOuts(classes, player)),
    scoop: jointOuts(boards, player, (top, bottom) => top === 1 && bottom === 1),
    chop: jointOuts(boards, player, (top, bottom) => top > 1 && bottom > 1),
  }));
}

function classesByCard(
  tables: EvaluatorTables,
  deal: KnownDeal,
  known: readonly Card[],
  live: readonly Card[],
): ClassesByCard | undefined {
  if (known.length < 4) return undefined;
  const evaluator = new OmahaEvaluator(tables);
  const [a = 0, b = 0, c = 0, d = 0] = known;
  const values = new Uint16Array(deal.hands.length);
  const classesWith = (e: Card): Uint8Array => {
    evaluator.setBoard(a, b, c, d, e);
    deal.hands.forEach((hand, player) => {
      values[player] = evaluator.evaluate(hand);
    });
    const classes = new Uint8Array(values.length);
    shareClasses(values, classes);
    return classes;
  };
  const river = known[4];
  if (river !== undefined) return new Map([[-1, classesWith(river)]]);
  return new Map(live.map((card) => [card, classesWith(card)]));
}

const isComplete = (classes: ClassesByCard): boolean => classes.has(-1);

function splitOuts(classes: ClassesByCard, player: number): Card[] | undefined {
  if (isComplete(classes)) return undefined;
  return [...classes].filter(([, row]) => row[player] > 0).map(([card]) => card);
}

function jointOuts(
  boards: readonly (ClassesByCard | undefined)[],
  player: number,
  wanted: (top: number, bottom: number) => boolean,
): Card[][] | undefined {
  const [top, bottom] = boards;
  if (top === undefined || bottom === undefined || (isComplete(top) && isComplete(bottom))) return undefined;
  const outs: Card[][] = [];
  for (const [topCard, topRow] of top) {
    for (const [bottomCard, bottomRow] of bottom) {
      if (topCard === bottomCard || !wanted(topRow[player], bottomRow[player])) continue;
      outs.push([topCard, bottomCard].filter((card) => card >= 0));
    }
  }
  return outs;
}
