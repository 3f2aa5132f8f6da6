import { z } from "zod";
import { reportResultSchema } from "../src/tasks/flop-report/report-schema.js";
import { solverEstimateSchema } from "../src/tasks/solver-analysis/estimate-schema.js";
import { solverResultSchema } from "../src/tasks/solver-analysis/result-schema.js";
import { solverAnalysisWork } from "../src/tasks/solver-analysis/work.js";
import { spotInputSchema } from "../src/tasks/spot-simulation/input-schema.js";
import { spotResultsSchema } from "../src/tasks/spot-simulation/result-schema.js";

/** A zod schema that docs/schemas shows as JSON Schema. */
interface PublishedSchema {
  /** Name of the file, without `.json`. */
  readonly name: string;
  readonly title: string;
  readonly schema: z.ZodType;
  /** `input`: what may be sent; `output`: what comes back. */
  readonly io: "input" | "output";
}

const PUBLISHED: readonly PublishedSchema[] = [
  { name: "spot-simulation.input", title: "input_data of a spot simulation", schema: spotInputSchema, io: "input" },
  {
    name: "spot-simulation.result",
    title: "result_data of a spot simulation",
    schema: spotResultsSchema,
    io: "output",
  },
  {
    name: "solver-analysis.input",
    title: "input_data of a solver analysis",
    schema: solverAnalysisWork.schema,
    io: "input",
  },
  {
    name: "solver-analysis.result",
    title: "result_data of a solver analysis",
    schema: solverResultSchema,
    io: "output",
  },
  {
    name: "solver-analysis.estimate",
    title: "result_data of a solver analysis that asks for an estimate",
    schema: solverEstimateSchema,
    io: "output",
  },
  {
    name: "flop-report.result",
    title: "result_data of a solver analysis on many flops",
    schema: reportResultSchema,
    io: "output",
  },
];

/** The files of docs/schemas as they should be: name and text. */
export function jsonSchemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    PUBLISHED.map(({ name, title, schema, io }) => {
      const { $schema, ...body } = z.toJSONSchema(schema, { io });
      return [`${name}.json`, `${JSON.stringify({ $schema, title, ...body }, null, 2)}\n`];
    }),
  );
}
