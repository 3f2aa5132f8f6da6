import type { z } from "zod";
import type { solverEstimateSchema } from "../../../src/tasks/solver-analysis/estimate-schema.js";
import { duration, percent, plural } from "../format.js";
import { recordOf } from "../jobs/draft.js";
import { Fact, Words } from "./facts.js";

type Estimate = z.infer<typeof solverEstimateSchema>["estimate"];

/** The estimate of a result; null where there is none that this page can show. */
export function estimateOf(result: unknown): Estimate | null {
  const { estimate } = recordOf(result);
  return recordOf(estimate).format === "plosolver-estimate-1" ? (estimate as Estimate) : null;
}

/** What a solve would take and give up. */
export function EstimateAnswer({ estimate }: { readonly estimate: Estimate }) {
  const { tree, memory, seconds, iterations, threads, ranges, method, cut, measured_game } = estimate;
  const mebibytes = (value: number) => `${value.toLocaleString("en", { maximumFractionDigits: 0 })} MiB`;
  return (
    <section class="answer">
      <div class="panel">
        <h2>What solving it would take</h2>
        <dl class="facts">
          <Fact name="time" value={`${duration(seconds.expected)} of ${duration(seconds.limit)} allowed`} />
          <Fact
            name="memory of the tables"
            value={`${mebibytes(memory.tables_mebibytes)} of ${mebibytes(memory.allowed_mebibytes)} allowed`}
          />
          <Fact name="memory of the process" value={mebibytes(memory.process_mebibytes)} />
          <Fact name="iterations" value={`about ${iterations.toLocaleString("en")}`} />
          <Fact name="threads" value={String(threads)} />
          <Fact name="tree" value={`${plural(tree.decisions, "decision")}, ${plural(tree.ends, "end")}`} />
          <Fact name="method" value={method} />
          {Object.entries(ranges).map(([player, { combos, combos_asked, read_as }]) => (
            <Fact
              key={player}
              name={`player ${player}: ${read_as}`}
              value={`${combos.toLocaleString("en")} of ${plural(combos_asked, "hand")}${combos < combos_asked ? `, ${percent(combos / combos_asked)}` : ""}`}
            />
          ))}
        </dl>
        {measured_game === "cut" && <p>The game would be cut down: its distance is not that of the game asked for.</p>}
        <Words title="What would be given up" lines={cut.length > 0 ? cut : estimate.abstraction} />
        <Words title="How the input was read" lines={estimate.assumptions} />
      </div>
    </section>
  );
}
