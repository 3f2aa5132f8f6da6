import { z } from "zod";
import { pot, rakeSchema } from "../chips-input.js";

/** Largest `simulation_runs`. */
const MAX_RUNS = 1_000_000_000;
const MAX_PLAYERS = 10;
const MAX_RANDOM_OPPONENTS = 8;
export const DEFAULT_RUNS = 10_000;

const cardText = z
  .string()
  .nullable()
  .describe('A card such as "As", "10h" or "Q♦"; an empty string or null stands for an unknown card');
const boardCards = z
  .union([z.array(cardText), z.string()])
  .nullable()
  .describe("0 to 5 cards, as a list or as text; blanks are cards to come");
const holeCards = z
  .union([z.string(), z.array(z.union([z.string(), z.null(), z.array(cardText)]))])
  .describe("Hole cards (4, 5 or 6, blanks for unknown ones), a range such as 'AA:ds', or a list of hands");

/** A number, or its digits as text. */
const whole = (least: number, most: number) =>
  z
    .union([
      z.int().min(least).max(most),
      z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(least).max(most)),
    ])
    .nullish();

const playerSchema = z.union([
  z.looseObject({
    cards: holeCards,
    player_number: z
      .unknown()
      .optional()
      .describe("A whole number from 1 on; the player's place in the list otherwise"),
  }),
  z.array(z.union([z.string(), z.null()])),
]);

/** Keys that the front end sends with a spot, and that say nothing of its cards. */
export const IGNORED_SPOT_KEYS = ["spot_name", "spot_description", "from_spot_mode"];
/** A player's keys; the name is the front end's. */
export const PLAYER_KEYS = { known: ["cards", "player_number"], ignored: ["name"] };

/** `input_data` of a spot simulation. Other keys are refused, but for {@link IGNORED_SPOT_KEYS}. */
export const spotInputSchema = z.looseObject({
  players: z
    .array(playerSchema)
    .min(1)
    .max(MAX_PLAYERS)
    .describe("The known players, and blanks for players dealt at random"),
  top_board: boardCards.optional(),
  bottom_board: boardCards.optional().describe("Present (also when empty) in a double-board game"),
  board: boardCards.optional().describe("The only board of a single-board game; excludes top_board"),
  folded_cards: z
    .union([z.array(z.union([z.string(), z.null(), z.array(cardText)])), z.string()])
    .nullish()
    .describe("Cards known to be out of play"),
  simulation_runs: whole(1, MAX_RUNS).describe(
    `Deals to simulate where the answer is not computed exactly; default ${DEFAULT_RUNS}`,
  ),
  iterations: whole(1, MAX_RUNS).describe("Another name of simulation_runs"),
  max_hand_combinations: z.unknown().optional().describe("Accepted and ignored: all hand combinations are considered"),
  random_opponents: whole(0, MAX_RANDOM_OPPONENTS).describe("Opponents of the estimated numbers; default 1"),
  seed: whole(0, Number.MAX_SAFE_INTEGER).describe("Seed of the simulation; default: derived from the spot"),
  target_standard_error: z
    .number()
    .gt(0)
    .lt(1)
    .nullish()
    .describe("Simulated equities are good enough, and a simulation ends early, at this standard error"),
  pot_size: pot
    .nullish()
    .describe("Chips that are played for: the result then says what each player's part is worth (ev)"),
  rake: rakeSchema.nullish().describe("What the house takes of the pot; needs pot_size; default: nothing"),
  num_cards: whole(4, 6).describe("Hole cards of a hand, needed when all players are ranges; default 4"),
});

export type SpotInputData = z.infer<typeof spotInputSchema>;
