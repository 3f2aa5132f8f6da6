import { formatCards, parseCards } from "../../poker/cards.js";
import type { SolutionNext, SolutionNode, SolvedRange } from "../../poker/solver/report/solution.js";
import { invert, mapCard, type SuitMap } from "../../poker/suits.js";
import type { RelabelJob } from "./kernels.js";
import { type StoredSolution, withBoards } from "./stored-solution.js";

type Rename = (cards: string) => string;

/** Kernel: a stored solution with the suits of another job that is the same but for the names of the suits. */
export function run({ stored, prepared }: RelabelJob): StoredSolution {
  const back = invert(prepared.suits);
  const rename: Rename = (text) =>
    text
      .split("/")
      .map((cards) => renameCards(cards, stored.canonical_suits, back))
      .join("/");
  const renamed = {
    ...stored,
    canonical_suits: prepared.suits,
    ranges: Object.fromEntries(
      Object.entries(stored.ranges).map(([player, range]) => [player, renameRange(range, rename)]),
    ),
    hero: stored.hero && { ...stored.hero, hand: rename(stored.hero.hand) },
    // Equal games have equal locks in the same order; each job wrote them in suits of its own.
    ...(stored.locks
      ? { locks: stored.locks.map((lock, i) => ({ ...lock, ...prepared.spot.locks[i]?.written })) }
      : {}),
    tree: renameDeals(stored.tree, rename) as SolutionNode,
  };
  return withBoards(renamed, prepared.boards);
}

function renameCards(cards: string, toCanonical: SuitMap, back: SuitMap): string {
  const renamed = parseCards(cards).map((card) => mapCard(mapCard(card, toCanonical), back));
  return formatCards(renamed.sort((a, b) => b - a));
}

function renameRange(range: SolvedRange, rename: Rename): SolvedRange {
  return { ...range, combos: range.combos.map(rename) };
}

function renameDeals(next: SolutionNext, rename: Rename): SolutionNext {
  if ("actions" in next) {
    return { ...next, actions: next.actions.map((action) => ({ ...action, next: renameDeals(action.next, rename) })) };
  }
  if (next.end !== "deal" || !next.cards) return next;
  const cards = Object.entries(next.cards).map(([card, after]) => [rename(card), renameDeals(after, rename)] as const);
  return { ...next, cards: Object.fromEntries(cards) };
}
