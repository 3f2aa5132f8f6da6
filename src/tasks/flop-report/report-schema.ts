import { z } from "zod";
import { rakeRuleSchema } from "../solver-analysis/result-schema.js";
import type { FlopReport } from "./report-result.js";

const chips = z.number();
const share = z.number().min(0).max(1);
const byPlayer = <T extends z.ZodType>(value: T) => z.record(z.string(), value).describe("By player id");
const flop = z.string().describe('High cards first: "Ks8h7d", of two boards "Ks8h7d/Qc4c2h"');
const actionShape = {
  action: z.enum(["fold", "check", "call", "bet", "raise"]),
  amount: chips.describe("Chips the player adds"),
  to: chips.describe("The player's total on the street afterwards"),
  all_in: z.boolean(),
};
const gameSchema = z
  .enum(["asked", "cut"])
  .describe("The game that was solved: the one asked for, or one cut down to what the limits allow");

const measuredSchema = z.strictObject({
  value: z.number(),
  error: z.number().nullable().describe("Standard error: 0 where exact, null where it was not measured"),
});

const meanSchema = z
  .strictObject({
    mean: z.number(),
    standard_error: z
      .number()
      .nullable()
      .describe("Of the solves, or, where flops were drawn, the spread between them; null where it was not measured"),
  })
  .describe("By weight, over the flops that were solved");

const rowSchema = z.strictObject({
  flop,
  weight: z.number(),
  player: z.int(),
  pot: chips,
  actions: z.array(z.strictObject({ ...actionShape, frequency: measuredSchema })),
  ev: byPlayer(measuredSchema),
  equities: byPlayer(measuredSchema),
  hero: z
    .strictObject({ ev: measuredSchema, frequency: z.array(measuredSchema).describe("By action") })
    .nullable()
    .describe("The hero's hand; null without one, or where it is not to act"),
  exploitability: z.number().describe("Percent of the pot"),
  measured_game: gameSchema,
  converged: z.boolean().describe("The target was reached, in the game asked for"),
  iterations: z.int(),
  solve_time: z.number().describe("Seconds"),
  cached: z.boolean().describe("Answered from an earlier job"),
});

const reportSchema = z.strictObject({
  format: z.literal("plosolver-flop-report-1"),
  flops: z.strictObject({
    asked: z.enum(["all", "sample", "listed"]),
    solved: z.int(),
    failed: z.array(z.strictObject({ flop, error: z.string() })),
    solved_weight: z.number(),
    weight: z.number().describe("Of all flops that were asked for"),
    weights: z.string().describe("What the weights are"),
  }),
  player: z.int().describe("Player to act"),
  pot: chips,
  rake: rakeRuleSchema,
  actions: z.array(
    z.strictObject({
      ...actionShape,
      frequency: meanSchema,
      offered: share.describe("Part of the weight where the action was there to choose"),
    }),
  ),
  ev: byPlayer(meanSchema),
  equities: byPlayer(meanSchema),
  hero: z.strictObject({ ev: meanSchema }).nullable(),
  exploitability: z.strictObject({ mean: z.number(), largest: z.number() }).describe("Percent of the pot"),
  converged: z.int().describe("Flops on which the target was reached in the game asked for"),
  measured_game: gameSchema,
  cut: z.array(z.strictObject({ what: z.string(), flops: z.int() })).describe("What was cut, and on how many flops"),
  solver_version: z.int(),
  solve_time: z.number().describe("Seconds of all solves together, without those that earlier jobs had done"),
  rows: z.array(rowSchema).describe("The flops that were solved"),
}) satisfies z.ZodType<FlopReport>;

/** `result_data` of a solver analysis on many flops. */
export const reportResultSchema = z.strictObject({ report: reportSchema });
