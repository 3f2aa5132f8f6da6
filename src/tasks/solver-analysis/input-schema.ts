import { z } from "zod";

/** Defaults and bounds of a solver job's options. */
export const DEFAULT_BET_SIZES = [0.5, 1] as const;
export const DEFAULT_MAX_RAISES = 3;
export const DEFAULT_TARGET = 0.005;
export const DEFAULT_TIME_LIMIT_SECONDS = 60;
/** Time limit of a job that asks for iterations and names no time. */
export const ITERATIONS_TIME_LIMIT_SECONDS = 600;
const MAX_TIME_LIMIT_SECONDS = 1500;
const MAX_PLAYERS = 10;

const cardText = z.string().nullable();
const cards = z.union([z.array(cardText), z.string()]);

/** A number, or its digits as text. */
const number = z.preprocess(
  (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
  z.number("a number is expected"),
);
const whole = (least: number, most: number) => number.pipe(z.int("a whole number is expected").min(least).max(most));
const flag = z.preprocess((value) => (value === 0 || value === 1 ? value === 1 : value), z.boolean());

const weight = number.pipe(z.number().min(0).max(1e9));
const rangeEntry = z.union([
  z.string(),
  z.array(cardText),
  z.looseObject({
    cards: cards.optional(),
    hand: cards.optional(),
    range: z.string().optional(),
    weight: weight.optional(),
  }),
]);
const range = z.union([
  z.string(),
  z.array(rangeEntry),
  z.looseObject({ hands: z.array(rangeEntry), weights: z.array(weight).optional() }),
]);

const historyEntry = z.union([
  z.array(z.union([z.string(), z.number(), z.null()])).min(2),
  z.looseObject({ player: number, action: z.string(), amount: number.nullish() }),
]);

const betSize = number.pipe(
  z
    .number()
    .gt(0)
    .max(1, "pot limit allows no bet above the pot after the call: a size is a fraction of it, at most 1"),
);

/** `input_data` of a solver analysis: a game state with options beside it. Unknown keys are ignored. */
export const solverInputSchema = z.looseObject({
  player_position: whole(0, 1000).nullish().describe("Player to act; default: the first of active_players"),
  active_players: z
    .array(whole(0, 1000))
    .min(1)
    .max(MAX_PLAYERS)
    .nullish()
    .describe("Players still in, in order of action on the street; default: everyone in stack_sizes"),
  street: z.string().nullish().describe("preflop, flop, turn or river; default: by the number of board cards"),
  board: cards.nullish().describe("Cards of the board (of the first board)"),
  board2: cards.nullish().describe("Cards of the second board; each board is played for half the pot"),
  num_boards: whole(1, 2).nullish(),
  num_cards: whole(1, 10).nullish().describe("Hole cards of a hand: 4, 5 or 6; default 4"),
  pot_size: number.pipe(z.number().gt(0).max(1e12)).describe("All chips in the middle, this street's bets included"),
  current_bet: number
    .pipe(z.number().min(0).max(1e12))
    .nullish()
    .describe("The bet to match on this street, as a player's total; default: what betting_history says, else 0"),
  stack_sizes: z
    .array(number.pipe(z.number().min(0).max(1e12)))
    .min(1)
    .max(1001)
    .describe("Chips behind now, indexed by player id"),
  betting_history: z
    .array(historyEntry)
    .max(500)
    .nullish()
    .describe("[player, action, amount] or {player, action, amount}; earlier streets may be included"),
  player_ranges: z
    .record(z.string(), range.nullish())
    .nullish()
    .describe("By player id: hands, range notation, or hands with weights"),
  hero_cards: cards.nullish().describe("Exact hand of the player to act, reported on apart"),
  big_blind: number.pipe(z.number().min(0)).nullish().describe("Smallest opening bet; default: none after the flop"),
  street_bets: z
    .array(number.pipe(z.number().min(0)))
    .nullish()
    .describe("Chips put in on this street, indexed by player id; default: by betting_history and current_bet"),
  pot_includes_bets: flag.nullish().describe("False when pot_size leaves out this street's bets; default true"),
  bet_sizes: z.array(betSize).min(1).max(6).nullish().describe("Fractions of the pot after the call; default [0.5, 1]"),
  max_raises: whole(0, 10).nullish().describe("Raises after the first bet on a street; default 3"),
  iterations: whole(1, 1_000_000).nullish(),
  target_exploitability: number
    .pipe(z.number().gt(0).max(1))
    .nullish()
    .describe("Fraction of the pot; default 0.005 unless iterations are asked for"),
  time_limit_seconds: number
    .pipe(z.number().gt(0).max(MAX_TIME_LIMIT_SECONDS))
    .nullish()
    .describe("Default 60, or 600 when iterations are asked for"),
  max_combos: whole(1, 200_000).nullish().describe("Combos a range is thinned out to; default: as many as fit"),
  seed: whole(0, Number.MAX_SAFE_INTEGER).nullish().describe("Default 1"),
  use_cache: flag.nullish().describe("Answer from an earlier equal job; default true"),
  tree_depth: whole(0, 1000)
    .nullish()
    .describe("Actions and deals shown below the root; default: all of this street's actions"),
  full_strategy: flag.nullish().describe("Every node, deal and combo, with each combo's EVs; the result may be large"),
});

export type SolverInputData = z.infer<typeof solverInputSchema>;
