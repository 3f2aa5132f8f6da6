import { z } from "zod";
import { CATEGORIES } from "../../poker/evaluator/categories.js";

const fraction = z.number().min(0).max(1);
const count = z.int().min(0);
const method = z
  .enum(["exact", "monte-carlo"])
  .describe("exact: every possible deal was counted; monte-carlo: deals were simulated");
const card = z.string().describe('A card such as "Td"');

const results = z.strictObject({ wins: count, ties: count, losses: count, total: count }).meta({ id: "results" });
const breakdown = z
  .strictObject(Object.fromEntries(CATEGORIES.map((category) => [category, results])))
  .describe("Deals by hand category and result")
  .meta({ id: "breakdown" });

const standardError = z.number().min(0);

/** Results on one board, as counts of deals and as fractions of them. All of it numbers: a front end may list them. */
export const boardStatsSchema = z
  .strictObject({
    win_rate: fraction.describe("Won alone"),
    tie_rate: fraction.describe("Shared with one or more"),
    loss_rate: fraction,
    equity: fraction.describe("Share of this board's pot: a k-way tie gives 1/k"),
    wins: count,
    ties: count,
    losses: count,
    total: count.describe("Deals counted"),
    boards_enumerated: count.describe("Completions of the board that were counted; 0 when simulated"),
    win_rate_standard_error: standardError,
    tie_rate_standard_error: standardError,
    loss_rate_standard_error: standardError,
    equity_standard_error: standardError,
  })
  .meta({ id: "board_stats" });

const tiesByPlayers = z
  .record(z.string(), count)
  .describe("Ties of the board's stats by the number of players who shared")
  .meta({ id: "ties_by_players" });

const jointResults = z
  .strictObject({
    win_win: count,
    win_tie: count,
    win_loss: count,
    tie_win: count,
    tie_tie: count,
    tie_loss: count,
    loss_win: count,
    loss_tie: count,
    loss_loss: count,
    total: count,
  })
  .describe("Deals of both boards by the result on the top and on the bottom one");

const nextCard = z.strictObject({
  card,
  equity: fraction.describe("Share of this board's pot when this card comes next on it"),
  win_rate: fraction,
  tie_rate: fraction,
  total: count.describe("Deals in which it comes next"),
});
const nextCards = z.array(nextCard).describe("Best card first").meta({ id: "next_cards" });

const standardErrors = z
  .record(z.string(), z.number())
  .describe("Standard error of each number of this object, under the number's name; 0 where it is exact");

const topFields = {
  top_estimated_equity: fraction.describe("Share of the top board against random_opponents random hands"),
  top_actual_equity: fraction.describe("Share of the top board against the other players"),
  top_detailed_stats: boardStatsSchema.describe("The experiment of top_estimated_equity"),
  top_estimated_method: method,
  top_estimated_ties: tiesByPlayers,
  top_actual_ties: tiesByPlayers,
  top_hand_breakdown: breakdown.describe("The same experiment, by this hand's category"),
  top_opponent_breakdown: breakdown.describe("The same experiment, by the opponents' categories and as they see it"),
  top_actual_stats: boardStatsSchema.describe("The experiment of top_actual_equity"),
  top_actual_breakdown: breakdown,
  top_actual_opponent_breakdown: breakdown,
  split_top: fraction.describe("Wins or shares the top board"),
  split_top_outs: count.optional().describe("River cards of the top board with which the player wins or shares it"),
  split_top_out_cards: z.array(card).optional(),
};

const bottomFields = {
  bottom_estimated_equity: fraction,
  bottom_actual_equity: fraction,
  bottom_detailed_stats: boardStatsSchema,
  bottom_estimated_method: method,
  bottom_estimated_ties: tiesByPlayers,
  bottom_actual_ties: tiesByPlayers,
  bottom_hand_breakdown: breakdown,
  bottom_opponent_breakdown: breakdown,
  bottom_actual_stats: boardStatsSchema,
  bottom_actual_breakdown: breakdown,
  bottom_actual_opponent_breakdown: breakdown,
  split_bottom: fraction,
  split_bottom_outs: count.optional(),
  split_bottom_out_cards: z.array(card).optional(),
};

const bothFields = {
  scoop_both_boards: fraction.describe("Sole winner of both boards"),
  chop_both_boards: fraction.describe("Shares both boards"),
  quarter: fraction.describe("Gets exactly a quarter of the whole pot"),
  three_quarter: fraction.describe("Gets exactly three quarters of the whole pot"),
  both_boards: jointResults,
  scoop_both_outs: count.optional().describe("River cards (pairs of them when both boards wait) that scoop"),
  scoop_both_out_cards: z.array(z.array(card)).optional(),
  chop_both_outs: count.optional(),
  chop_both_out_cards: z.array(z.array(card)).optional(),
};

/** One player of `result_data`. A single-board job has the top fields only. */
export const spotResultSchema = z.strictObject({
  player_number: z.int().min(1),
  cards: z.array(z.string()).describe("Hole cards; unknown ones are empty strings; empty for a range"),
  range: z.string().optional(),
  range_read_as: z.string().optional().describe("How the range was read, in words"),
  range_hands: count.optional().describe("Hands of the range that can be dealt; absent where it is every hand"),
  method: method.describe("How the actual numbers were found"),
  total_equity: fraction.describe("Share of the whole pot, both boards, against the other players"),
  ev: z.number().min(0).optional().describe("Chips: total_equity of the pot after rake; where pot_size is given"),
  pot_size: z.number().optional().describe("As the job gave it"),
  rake: z.number().min(0).optional().describe("Chips that the house takes of pot_size"),
  simulation_runs: count.describe("Runs the job asked for"),
  simulated_runs: count.describe("Runs that were simulated for the actual numbers; 0 when exact"),
  boards_enumerated: count.describe("Boards, or pairs of boards, counted for the actual numbers; 0 when simulated"),
  known_opponents: count,
  random_opponents: count,
  seed: count,
  standard_error: standardErrors,
  ...topFields,
  ...z.strictObject(bottomFields).partial().shape,
  ...z.strictObject(bothFields).partial().shape,
  equity_by_next_card: z.strictObject({ top: nextCards.optional(), bottom: nextCards.optional() }).optional(),
});

/** `result_data` of a spot simulation. */
export const spotResultsSchema = z.array(spotResultSchema);

export type SpotResult = z.infer<typeof spotResultSchema>;
export type BoardStats = z.infer<typeof boardStatsSchema>;
export type Breakdown = z.infer<typeof breakdown>;
export type JointResults = z.infer<typeof jointResults>;
export type NextCard = z.infer<typeof nextCard>;
