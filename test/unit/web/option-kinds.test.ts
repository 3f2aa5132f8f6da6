import { expect, it } from "vitest";
import { z } from "zod";
import { solverInputSchema } from "../../../src/tasks/solver-analysis/input-schema.js";
import { spotInputSchema } from "../../../src/tasks/spot-simulation/input-schema.js";
import { type OptionSchema, optionKind, optionText } from "../../../web/src/jobs/option-kinds.js";

/** The options of a kind of job, as its form gets them. */
function optionsOf(schema: z.ZodType): Readonly<Record<string, OptionSchema>> {
  return (z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as OptionSchema).properties ?? {};
}

it("options of jobs are chosen, counted or written by what their schema takes", () => {
  const [spot, solver] = [optionsOf(spotInputSchema), optionsOf(solverInputSchema)];
  const kindOf = (options: Readonly<Record<string, OptionSchema>>, name: string) =>
    optionKind(options[name] ?? {}).kind;
  for (const name of ["use_cache", "full_strategy", "estimate", "pot_includes_bets"])
    expect([name, kindOf(solver, name)]).toEqual([name, "flag"]);
  for (const name of ["iterations", "seed", "time_limit_seconds", "max_combos", "tree_depth"])
    expect([name, kindOf(solver, name)]).toEqual([name, "number"]);
  for (const name of ["bet_sizes", "classes", "locks", "street"])
    expect([name, kindOf(solver, name)]).toEqual([name, "text"]);
  expect(kindOf(spot, "simulation_runs")).toBe("number");
});

it("an option says what the first of its forms says that says something", () => {
  expect(optionText({ anyOf: [{ type: "null" }, { anyOf: [{ type: "string", description: "words" }] }] })).toBe(
    "words",
  );
  expect(optionText({ description: "own", anyOf: [{ description: "its form's" }] })).toBe("own");
  expect(optionText({})).toBe("");
});
