import { z } from "zod";
import { above0, chips, flag, number, pot, rakeSchema } from "../chips-input.js";
import { classesSchema } from "../class-definitions.js";
import { locksSchema } from "./read-locks.js";
import { sizesSchema } from "./sizes-schema.js";

/** Defaults and bounds of a solver job's options. */
export const DEFAULT_BET_SIZES = [0.5, 1] as const;
export const DEFAULT_MAX_RAISES = 3;
export const DEFAULT_TARGET = 0.005;
export const DEFAULT_TIME_LIMIT_SECONDS = 60;
/** Time limit of a job that asks for iterations and names no time. */
export const ITERATIONS_TIME_LIMIT_SECONDS = 600;
const MAX_TIME_LIMIT_SECONDS = 1500;
const MAX_PLAYERS = 10;

const CARDS_TEXT = 'cards are a list such as ["As", "Kd"] or text such as "AsKd"';
const cardText = z.string(CARDS_TEXT).nullable();
const cards = z.union([z.array(cardText), z.string()], CARDS_TEXT);

const whole = (least: number, most: number) => {
  const expected = `a whole number from ${least} to ${most} is expected`;
  return number.pipe(z.int(expected).min(least, expected).max(most, expected));
};
const list = <T extends z.ZodType>(of: T, what: string) => z.array(of, `a list of ${what} is expected`);

const WEIGHT_TEXT = "a weight from 0 to 1e9 is expected";
const weight = number.pipe(z.number().min(0, WEIGHT_TEXT).max(1e9, WEIGHT_TEXT));
const rangeEntry = z.union(
  [
    z.string(),
    z.array(cardText),
    z.looseObject({
      cards: cards.optional(),
      hand: cards.optional(),
      range: z.string().optional(),
      weight: weight.optional(),
    }),
  ],
  "a range entry is a hand, range notation, or an object with cards or range, and weight",
);
const range = z.union(
  [z.string(), z.array(rangeEntry), z.looseObject({ hands: z.array(rangeEntry), weights: z.array(weight).optional() })],
  'a range is notation such as "AA:ds", a list of hands, or {"hands": […], "weights": […]}',
);

const historyEntry = z.union(
  [
    z.array(z.union([z.string(), z.number(), z.null()])).min(2),
    z.looseObject({ player: number, action: z.string(), amount: number.nullish() }),
  ],
  'an entry is [player, action, amount] or {"player", "action", "amount"}',
);

/** Keys that backends are known to send, and that say nothing a solver goes by. */
export const IGNORED_SOLVER_KEYS = ["opponents", "board_selection_mode"];
/** Keys of an entry of a range, of a range with weights, and of an entry of the history. */
export const ENTRY_KEYS = { known: ["cards", "hand", "range", "weight"] };
export const RANGE_KEYS = { known: ["hands", "weights"] };
export const HISTORY_KEYS = { known: ["player", "action", "amount"], ignored: ["street"] };

/** `input_data` of a solver analysis: a game state with options beside it. Other keys are refused. */
export const solverInputSchema = z.looseObject({
  player_position: whole(0, 1000).nullish().describe("Player to act; default: the first of active_players"),
  active_players: list(whole(0, 1000), "player ids")
    .min(1, "at least two players are expected")
    .max(MAX_PLAYERS, `at most ${MAX_PLAYERS} players are allowed`)
    .nullish()
    .describe("Players still in, in order of action on the street; default: everyone in stack_sizes"),
  street: z
    .string("preflop, flop, turn or river is expected")
    .nullish()
    .describe("preflop, flop, turn or river; default: by the number of board cards"),
  board: cards.nullish().describe("Cards of the board (of the first board)"),
  board2: cards.nullish().describe("Cards of the second board; each board is played for half the pot"),
  num_boards: whole(1, 2).nullish(),
  num_cards: whole(1, 10).nullish().describe("Hole cards of a hand: 4, 5 or 6; default 4"),
  pot_size: pot.describe("All chips in the middle, this street's bets included"),
  current_bet: chips
    .nullish()
    .describe("The bet to match on this street, as a player's total; default: what betting_history says, else 0"),
  stack_sizes: list(chips, "chips by player id")
    .min(1, "a list of chips by player id is expected")
    .max(1001, "at most 1001 players are allowed")
    .describe("Chips behind now, indexed by player id"),
  betting_history: list(historyEntry, "actions")
    .max(500, "at most 500 actions are allowed")
    .nullish()
    .describe("[player, action, amount] or {player, action, amount}; earlier streets may be included"),
  player_ranges: z
    .record(z.string(), range.nullish(), "an object of ranges by player id is expected")
    .nullish()
    .describe("By player id: hands, range notation, or hands with weights"),
  hero_cards: cards.nullish().describe("Exact hand of the player to act, reported on apart"),
  big_blind: chips.nullish().describe("Smallest opening bet; default: none after the flop"),
  street_bets: list(chips, "chips by player id")
    .nullish()
    .describe("Chips put in on this street, indexed by player id; default: by betting_history and current_bet"),
  pot_includes_bets: flag.nullish().describe("False when pot_size leaves out this street's bets; default true"),
  rake: rakeSchema.nullish().describe("What the house takes of every pot; default: nothing"),
  locks: locksSchema.nullish(),
  bet_sizes: sizesSchema("First bets of a street, as fractions of the pot after the call; default [0.5, 1]"),
  raise_sizes: sizesSchema("Raises; default: as bet_sizes"),
  donk_sizes: sizesSchema("First bets into the last street's aggressor, who is still to act; default: as bet_sizes"),
  all_in_threshold: above0(1, "a part of the stack")
    .nullish()
    .describe(
      "A bet that would put in this part of the stack is all-in, where the pot limit allows it; default: none is",
    ),
  last_aggressor: whole(0, 1000)
    .nullish()
    .describe("Player who bet or raised last on the street before; default: whoever did by betting_history"),
  max_raises: whole(0, 10).nullish().describe("Raises after the first bet on a street; default 3"),
  iterations: whole(1, 1_000_000).nullish(),
  target_exploitability: above0(1, "a fraction of the pot (0.005 is half a percent)")
    .nullish()
    .describe("Fraction of the pot; default 0.005 unless iterations are asked for"),
  time_limit_seconds: above0(MAX_TIME_LIMIT_SECONDS, "a number of seconds")
    .nullish()
    .describe("Default 60, or 600 when iterations are asked for"),
  max_combos: whole(1, 200_000).nullish().describe("Combos a range is thinned out to; default: as many as fit"),
  seed: whole(0, Number.MAX_SAFE_INTEGER).nullish().describe("Default 1"),
  use_cache: flag.nullish().describe("Answer from an earlier equal job; default true"),
  tree_depth: whole(0, 1000)
    .nullish()
    .describe("Actions and deals shown below the root; default: all of this street's actions"),
  classes: classesSchema.nullish(),
  estimate: flag
    .nullish()
    .describe("Says what the solve would take and give up, without solving: the result is an estimate; default false"),
  full_strategy: flag.nullish().describe("Every node, deal and combo, with each combo's EVs; the result may be large"),
});

export type SolverInputData = z.infer<typeof solverInputSchema>;
