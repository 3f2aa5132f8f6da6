import { z } from "zod";

const chips = z.number();
const share = z.number().min(0).max(1);
const maybe = z.number().nullable();
const errors = z.array(z.number()).optional().describe("Standard errors; only where deals are drawn anew");
const evErrors = z.array(maybe).optional().describe("Standard errors; only where deals are drawn anew");
const byPlayer = <T extends z.ZodType>(value: T) => z.record(z.string(), value).describe("By player id");
const card = z.string().describe('A card such as "As"');
/** A street by its name. */
export const streetName = z.enum(["preflop", "flop", "turn", "river"]);

const sizesByPlayer = byPlayer(
  z.array(z.union([z.number(), z.literal("geometric"), z.object({ geometric: z.int() })])),
);

/** What the house takes, in results. */
export const rakeRuleSchema = z
  .object({
    percent: z.number().describe("Of the pot"),
    cap: chips.nullable().describe("Null: without a bound"),
    no_flop_no_drop: z.boolean(),
  })
  .optional()
  .describe("Only where the house takes a part");

/** The game that an answer is about. */
export const gameSchema = z
  .object({
    street: streetName,
    board: z.array(card),
    board2: z.array(card).nullable().describe("Second board; each board is played for half the pot"),
    num_cards: z.int(),
    pot: chips.describe("All chips in the middle at the root"),
    current_bet: chips,
    players: z
      .array(z.object({ player: z.int(), stack: chips.describe("Chips behind"), street_bet: chips }))
      .describe("In order of action"),
    to_act: z.int(),
    bet_sizes: z.array(z.array(z.number())).describe("Fractions of the pot: this street's, then later streets'"),
    max_raises: z.array(z.int()).describe("This street's, then later streets'"),
    sizes: z
      .array(z.object({ street: streetName, bets: sizesByPlayer, raises: sizesByPlayer, donks: sizesByPlayer }))
      .optional()
      .describe("By street, where sizes were asked for by street or player, or are not only fractions"),
    all_in_threshold: maybe.optional().describe("Beside sizes: a bet that would put in this part of a stack is all-in"),
    rake: rakeRuleSchema,
  })
  .describe("The game that was solved");

const rangeSchema = z.object({
  source: z.string().describe("What the range is: notation, default, or hands given"),
  read_as: z.string().describe("How the source was read, in words"),
  combos: z.array(z.string()).describe('Hands such as "AsKsQhJh", in the order of every strategy array'),
  weights: z.array(z.number()),
  combos_before_cap: z.int().describe("Hands of the range before it was thinned out"),
});

const heroSchema = z.object({
  player: z.int(),
  hand: z.string(),
  index: z.int().describe("Place of the hand in the player's combos"),
  actions: z
    .array(
      z.object({
        label: z.string(),
        frequency: share,
        frequency_error: z.number().optional().describe("Standard error; only where deals are drawn anew"),
        ev: maybe,
        standard_error: maybe.describe("Of the EV; null when it is exact"),
      }),
    )
    .nullable()
    .describe("At the root, when the hero is to act there"),
  not_told_apart: z
    .array(z.string())
    .optional()
    .describe(
      "Labels of the actions that may be best, where errors do not tell their EVs apart; only where deals are drawn anew",
    ),
  ev: maybe,
  standard_error: maybe.optional().describe("Of the EV; only where deals are drawn anew"),
});

/** Locked play and what the method promises less of, as solutions and estimates say it. */
export const givenShape = {
  locks: z
    .array(
      z.object({
        path: z.string().describe("As the job wrote it"),
        player: z.int(),
        hands: z.string().nullable().describe("Range or class, as the job wrote it; null: all hands"),
        combos: z.int().nullable().describe("Hands that are locked; null on later streets, where the cards decide"),
        strategy: z.record(z.string(), share).describe("By label of action"),
      }),
    )
    .optional()
    .describe("Play that was given instead of found; only where some was"),
  caveats: z
    .array(z.string())
    .optional()
    .describe("What the method promises less of in this game than in others; only where there is such a thing"),
};

const rowShape = {
  equity: share.optional().describe("Share of the pot without further betting; at the root of a heads-up game"),
  equity_error: maybe.optional().describe("Standard error; only where deals are drawn anew"),
  frequency: z.array(share),
  frequency_error: errors,
  ev: z.array(maybe),
  ev_error: evErrors,
};

const classSchema = z.object({
  class: z.string(),
  share: share.describe("Part of the range at this node"),
  ...rowShape,
});

const actionSchema = z.object({
  action: z.enum(["fold", "check", "call", "bet", "raise"]),
  amount: chips.describe("Chips the player adds"),
  to: chips.describe("The player's total on the street afterwards"),
  all_in: z.boolean(),
  frequency: share.describe("Of the whole range"),
  frequency_error: z.number().optional().describe("Standard error; only where deals are drawn anew"),
  ev_error: maybe.optional().describe("Standard error; only where deals are drawn anew"),
  ev: maybe.describe("Of the hands that take the action; null when none does"),
  get next(): typeof nextSchema {
    return nextSchema;
  },
});

const nodeSchema = z.object({
  player: z.int().describe("Player to act"),
  street: streetName,
  pot: chips,
  to_call: chips,
  probability: z.number().describe("That play comes here"),
  ev: byPlayer(chips)
    .nullable()
    .describe("Expected chips at the end minus chips behind here; sums to the pot after rake"),
  rake: chips.optional().describe("What the house is expected to take of a game that comes here; only with rake"),
  actions: z.array(actionSchema),
  hero: z.object(rowShape).optional().describe("The hero's hand, by action"),
  classes: z.array(classSchema).optional().describe("Frequencies and EVs by class of hand"),
  locked: z
    .object({
      combos: z.int(),
      share: share.describe("Of the range here"),
      places: z
        .array(z.int())
        .optional()
        .describe("In the player's list of combos; absent where all of it is locked, or strategies are not listed"),
    })
    .optional()
    .describe("Hands whose play here was given; only where some are"),
  strategy: z.array(z.array(share)).optional().describe("strategy[action][combo]"),
  combo_ev: z.array(z.array(maybe)).optional().describe("combo_ev[action][combo]; with full_strategy"),
});

const nextSchema: z.ZodType = z.lazy(() =>
  z.union([
    nodeSchema,
    z.object({ end: z.literal("fold"), pot: chips, winner: z.int() }),
    z.object({ end: z.literal("showdown"), pot: chips }),
    z.object({
      end: z.literal("deal"),
      street: streetName,
      pot: chips,
      cards: z
        .record(z.string(), nextSchema)
        .optional()
        .describe("What follows, by dealt card (two boards: top/bottom), where tree_depth or full_strategy ask for it"),
    }),
    z.object({ end: z.literal("omitted") }),
  ]),
);

const solutionSchema = z.object({
  format: z.literal("plosolver-solution-1"),
  solver_version: z.int().describe("Raised whenever an equal spot gets another answer"),
  game: gameSchema,
  ranges: byPlayer(rangeSchema),
  hero: heroSchema.nullable(),
  ev: byPlayer(chips).describe("Expected chips at the end minus chips behind now; sums to the pot after rake"),
  expected_rake: chips.optional().describe("What the house is expected to take; only with rake"),
  equities: byPlayer(share),
  exploitability: z
    .number()
    .describe(
      "Percent of the pot: nash_conv over the number of players who are not locked wherever they act; of drawn deals, an upper bound",
    ),
  nash_conv: chips.describe("Sum of the players' gains by deviating"),
  deviation_gains: byPlayer(z.object({ gain: chips, standard_error: maybe.describe("Null when exact") })),
  exploitability_method: z.string(),
  is_equilibrium_approximation: z.boolean().describe("False where the method guarantees no equilibrium"),
  measured_game: z
    .enum(["asked", "cut"])
    .describe(
      "The game that the distance was measured in: the one asked for, or one cut down to what the limits allow",
    ),
  converged: z.boolean().describe("The target was reached, in the game asked for"),
  stopped_by: z.enum(["target", "iterations", "time_limit", "soft_time_limit"]),
  convergence: z.array(z.object({ iteration: z.int(), exploitability: z.number(), seconds: z.number() })),
  algorithm: z.string(),
  iterations: z.int(),
  solve_time: z.number().describe("Seconds"),
  threads: z.int(),
  cut: z.array(z.string()).describe("What was cut from the game asked for; empty when it was solved as asked"),
  abstraction: z.array(z.string()).describe("Every simplification: what was cut, and the sizes offered"),
  sampling: z
    .object({
      replicates: z.int().describe("Solves that share no deal; their spread gives the standard errors"),
      combos_per_deal: z.int().describe("Hands of each range drawn for a deal"),
      measured_deals: z.int().describe("Fresh deals that EVs and equities were measured on"),
      rows: byPlayer(z.array(z.int())).describe("Rows of strategy by street: as many as hands, or classes of hands"),
      standard_error: z.object({
        ev: z.number(),
        equity: z.number(),
        exploitability: z.number(),
        exploitability_at_least: z.number(),
      }),
      exploitability_at_least: z
        .number()
        .describe("The distance is no less than this, and no more than exploitability, but for their errors"),
    })
    .nullable()
    .describe("How hands and cards were drawn anew for each deal; null where none were"),
  ...givenShape,
  assumptions: z.array(z.string()).describe("How ambiguous input was read"),
  seed: z.int(),
  tree: nodeSchema,
  omitted: z.array(z.string()).describe("What was left out for size"),
  game_state_hash: z.string().regex(/^[0-9a-f]{32}$/),
  canonical_suits: z
    .tuple([z.int(), z.int(), z.int(), z.int()])
    .describe("Canonical suit of spades, hearts, diamonds and clubs"),
  request: z.object({
    iterations: z.int().nullable(),
    target_exploitability: maybe,
    time_limit_seconds: z.number(),
    tree_depth: z.int().nullable(),
    full_strategy: z.boolean(),
    work: z.number().describe("What the limits allow: seconds of one thread of a reference machine"),
    memory_mebibytes: z.number(),
  }),
  cached: z.boolean().describe("Answered from an earlier job"),
});

export const gameHash = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe("MD5 of the canonical game");

/** `result_data` of a solver analysis. */
export const solverResultSchema = z.object({
  solution: solutionSchema,
  game_state_hash: gameHash,
});
