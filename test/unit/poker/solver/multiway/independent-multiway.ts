import { parseCards } from "../../../../../src/poker/cards.js";
import type { Solution, SolutionNext } from "../../../../../src/poker/solver/report/solution.js";
import { orderOfOmaha } from "../../oracle.js";

/** The others' hands in one deal, by seat, and the probability that they come to a node. */
interface Deal {
  readonly hands: readonly number[];
  readonly reach: number;
}

/**
 * What a player of a three-way river with equal stacks wins on average, and by a best response, from the solution's JSON
 * alone: deal by deal, with the naive evaluator.
 */
export function independentGain(solution: Solution, seat: number): number {
  const players = solution.game.players.map(({ player }) => player);
  const board = solution.game.board.flatMap((card) => parseCards(card));
  const ranges = players.map((player) => {
    const { combos = [], weights = [] } = solution.ranges[String(player)] ?? {};
    return combos.map((combo, index) => {
      const cards = parseCards(combo);
      return { cards, weight: weights[index] as number, order: orderOfOmaha(cards, board) };
    });
  });
  const handOf = (at: number, hand: number) => (ranges[at] as (typeof ranges)[number])[hand] as (typeof ranges)[0][0];

  const { rake } = solution.game;
  /** Nobody's bet is called where all others fold to it: it is what he put in beyond the next. */
  const rakeOf = (pot: number, totals: readonly number[]): number => {
    const [most = 0, next = 0] = [...totals].sort((a, b) => b - a);
    return rake ? Math.min(rake.cap ?? pot, ((pot - (most - next)) * rake.percent) / 100) : 0;
  };

  const payoff = (deal: Deal, pot: number, left: readonly boolean[]): number => {
    const mine = handOf(seat, deal.hands[seat] as number).order;
    let sharing = 0;
    for (const [other, inHand] of left.entries()) {
      if (!inHand) continue;
      const { order } = handOf(other, deal.hands[other] as number);
      if (order > mine) return 0;
      if (order === mine) sharing++;
    }
    return pot / sharing;
  };

  const walk = (
    next: SolutionNext,
    deals: readonly Deal[],
    left: readonly boolean[],
    totals: readonly number[],
    best: boolean,
  ): number => {
    if ("actions" in next) {
      const acting = players.indexOf(next.player);
      const values = next.actions.map((action, index) => {
        const share = (hand: number): number => next.strategy?.[index]?.[hand] as number;
        const after = deals.flatMap((deal) => {
          const reach = acting === seat ? deal.reach : deal.reach * share(deal.hands[acting] as number);
          return reach > 0 ? [{ hands: deal.hands, reach }] : [];
        });
        const remaining = left.map((inHand, at) => inHand && !(at === acting && action.action === "fold"));
        const paid = totals.map((chips, at) => chips + (at === acting ? action.amount : 0));
        return { value: walk(action.next, after, remaining, paid, best), share };
      });
      if (acting !== seat) return values.reduce((sum, { value }) => sum + value, 0);
      const own = deals[0]?.hands[seat] ?? 0;
      const locked = next.locked !== undefined && (next.locked.places?.includes(own) ?? true);
      if (best && !locked) return Math.max(...values.map(({ value }) => value));
      return values.reduce((sum, { value, share }) => sum + value * share(own), 0);
    }
    if (next.end !== "fold" && next.end !== "showdown") throw new Error(`the tree is not complete: ${next.end}`);
    const pot = next.pot - rakeOf(next.pot, totals);
    const won = (deal: Deal): number =>
      next.end === "fold" ? (players[seat] === next.winner ? pot : 0) : payoff(deal, pot, left);
    return deals.reduce((sum, deal) => sum + deal.reach * ((left[seat] ? won(deal) : 0) - (totals[seat] ?? 0)), 0);
  };

  let gain = 0;
  let total = 0;
  ranges[seat]?.forEach((own, hand) => {
    const deals = dealsAround(ranges, seat, hand);
    const everyone = players.map(() => true);
    const nothing = players.map(() => 0);
    const value = (best: boolean): number => walk(solution.tree, deals, everyone, nothing, best);
    gain += own.weight * (value(true) - value(false));
    total += own.weight * deals.reduce((sum, deal) => sum + deal.reach, 0);
  });
  return gain / total;
}

/** All hands the others may hold beside a seat's hand, by weight. */
function dealsAround(
  ranges: readonly (readonly { readonly cards: readonly number[]; readonly weight: number }[])[],
  seat: number,
  hand: number,
): Deal[] {
  let deals: { hands: number[]; cards: number[]; reach: number }[] = [{ hands: [], cards: [], reach: 1 }];
  ranges.forEach((range, at) => {
    deals = deals.flatMap((deal) =>
      range.flatMap(({ cards, weight }, index) => {
        if (at === seat && index !== hand) return [];
        if (cards.some((card) => deal.cards.includes(card))) return [];
        const reach = at === seat ? deal.reach : deal.reach * weight;
        return [{ hands: [...deal.hands, index], cards: [...deal.cards, ...cards], reach }];
      }),
    );
  });
  return deals;
}
