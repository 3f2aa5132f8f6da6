import { z } from "zod";
import { gameHash, gameSchema, givenShape, streetName } from "./result-schema.js";

const count = z.int().min(0);
const mebibytes = z.number().min(0);
const seconds = z.number().min(0);

const treeSchema = z.object({
  decisions: count,
  ends: count.describe("Folds and showdowns"),
  streets: z.array(
    z.object({
      street: streetName,
      decisions: count,
      folds: count,
      showdowns: count,
      deals: count.describe("Ways to the next street"),
    }),
  ),
});

const estimateSchema = z.object({
  format: z.literal("plosolver-estimate-1"),
  solver_version: z.int(),
  game: gameSchema,
  method: z
    .enum(["all hands and deals", "drawn deals", "sampled play"])
    .describe("How the spot would be solved: see the table of methods in solver.md"),
  tree: treeSchema.describe("Nodes of the betting tree, cards left out"),
  ranges: z
    .record(
      z.string(),
      z.object({
        source: z.string(),
        read_as: z.string(),
        combos: count.describe("Hands, or classes of hands, that would be solved for"),
        combos_asked: count,
      }),
    )
    .describe("By player id"),
  memory: z.object({
    tables_mebibytes: mebibytes.describe("The solver's tables, whose bound is allowed_mebibytes"),
    solve_mebibytes: mebibytes.describe("What the process grows by while the solve lasts, tables included"),
    process_mebibytes: mebibytes.describe("The same with what the process has before"),
    allowed_mebibytes: mebibytes,
  }),
  iterations: count.describe("Iterations that would be done, about"),
  seconds: z.object({
    preparation: seconds.describe("Before the first iteration"),
    iteration: seconds,
    expected: seconds.describe("The whole solve, on this machine with nothing else to do"),
    limit: seconds,
  }),
  threads: z.int().min(1),
  measured_game: z.enum(["asked", "cut"]),
  cut: z.array(z.string()).describe("What would be given up of the game asked for"),
  abstraction: z.array(z.string()).describe("Every simplification: what would be cut, and the sizes offered"),
  ...givenShape,
  assumptions: z.array(z.string()).describe("How ambiguous input was read"),
});

/** `result_data` of a solver analysis with `estimate`. */
export const solverEstimateSchema = z.object({
  estimate: estimateSchema,
  game_state_hash: gameHash,
});
