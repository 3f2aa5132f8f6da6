import { formatCard } from "../../poker/cards.js";
import { choose } from "../../poker/combinatorics.js";
import { liveCards } from "../../poker/equity/deal.js";
import {
  EQUITY,
  type Estimate,
  LOSES,
  meanWorth,
  SHARES,
  stratifiedMeanWorth,
  WINS_ALONE,
  type Worth,
} from "../../poker/equity/share-statistics.js";
import { CATEGORIES } from "../../poker/evaluator/categories.js";
import type { Outcome } from "./conduct.js";
import { isExact } from "./experiment.js";
import type { BoardStats, Breakdown, JointResults, NextCard } from "./result-schema.js";

/** Mean worth of a player's share classes on a board, with its error. */
export function estimate(outcome: Outcome, board: number, player: number, worth: Worth): Estimate {
  const shares = outcome.counts.shares(board, player);
  if (isExact(outcome.experiment)) return meanWorth(shares, worth, false);
  const strata = player < outcome.experiment.stratifiedPlayers ? outcome.strata : undefined;
  return stratifiedMeanWorth(shares, strata, player, worth);
}

/** Results of a player on one board. */
export function boardStats(outcome: Outcome, board: number, player: number): BoardStats {
  const { experiment, counts } = outcome;
  const shares = counts.shares(board, player);
  const [losses = 0, wins = 0, ...tied] = shares;
  const ties = tied.reduce((sum, deals) => sum + deals, 0);
  const win = estimate(outcome, board, player, WINS_ALONE);
  const tie = estimate(outcome, board, player, SHARES);
  const loss = estimate(outcome, board, player, LOSES);
  const equity = estimate(outcome, board, player, EQUITY);
  return {
    win_rate: win.value,
    tie_rate: tie.value,
    loss_rate: loss.value,
    equity: equity.value,
    wins,
    ties,
    losses,
    total: wins + ties + losses,
    boards_enumerated: isExact(experiment) ? completionsOf(outcome, board) : 0,
    win_rate_standard_error: win.standardError,
    tie_rate_standard_error: tie.standardError,
    loss_rate_standard_error: loss.standardError,
    equity_standard_error: equity.standardError,
  };
}

/** Ties of a player on a board by the number of players who shared it. */
export function tiesByPlayers(outcome: Outcome, board: number, player: number): Readonly<Record<string, number>> {
  const [, , ...tied] = outcome.counts.shares(board, player);
  return Object.fromEntries(tied.map((deals, i) => [String(i + 2), deals]).filter(([, deals]) => deals !== 0));
}

function completionsOf({ experiment: { deal } }: Outcome, board: number): number {
  return choose(liveCards(deal).length, 5 - (deal.boards[board]?.length ?? 0));
}

/** Deals by category and result, summed over the given players. Strongest category first. */
export function breakdownOf(outcome: Outcome, board: number, players: readonly number[]): Breakdown {
  const rows = players.map((player) => outcome.counts.breakdown(board, player));
  const sum = (cell: number): number => rows.reduce((total, row) => total + (row[cell] ?? 0), 0);
  const entries = CATEGORIES.map((category, i) => {
    const [wins, ties, losses] = [sum(i * 3), sum(i * 3 + 1), sum(i * 3 + 2)];
    return [category, { wins, ties, losses, total: wins + ties + losses }] as const;
  });
  return Object.fromEntries(entries.reverse());
}

/** A player's results on both boards together: win, tie or loss on each. */
export function jointResults(outcome: Outcome, player: number): JointResults {
  const counts = {
    win_win: 0,
    win_tie: 0,
    win_loss: 0,
    tie_win: 0,
    tie_tie: 0,
    tie_loss: 0,
    loss_win: 0,
    loss_tie: 0,
    loss_loss: 0,
  };
  const resultOf = (shareClass: number) => (shareClass === 0 ? "loss" : shareClass === 1 ? "win" : "tie");
  let total = 0;
  const { classes } = outcome.counts;
  outcome.counts.joint(player).forEach((deals, cell) => {
    counts[`${resultOf(Math.floor(cell / classes))}_${resultOf(cell % classes)}`] += deals;
    total += deals;
  });
  return { ...counts, total };
}

/** What both boards together are worth, by the share classes on each. */
export function estimateJoint(
  outcome: Outcome,
  player: number,
  worth: (top: number, bottom: number) => number,
): Estimate {
  const { classes } = outcome.counts;
  const ofCell: Worth = (cell) => worth(Math.floor(cell / classes), cell % classes);
  return meanWorth(outcome.counts.joint(player), ofCell, !isExact(outcome.experiment));
}

/** A player's equity by the next card of a board, best first; undefined for a board that does not wait for turn or river. */
export function nextCards(outcome: Outcome, board: number, player: number): NextCard[] | undefined {
  if (outcome.experiment.shape.nextCard[board] !== true) return undefined;
  const rows: NextCard[] = [];
  for (let card = 0; card < 52; card++) {
    const shares = outcome.counts.nextCardShares(board, card, player);
    const total = shares.reduce((sum, deals) => sum + deals, 0);
    if (total === 0) continue;
    rows.push({
      card: formatCard(card),
      equity: meanWorth(shares, EQUITY, false).value,
      win_rate: meanWorth(shares, WINS_ALONE, false).value,
      tie_rate: meanWorth(shares, SHARES, false).value,
      total,
    });
  }
  return rows.sort((one, other) => other.equity - one.equity);
}
