import { useMemo, useState } from "preact/hooks";
import type { FlopReport, ReportRow } from "../../../../src/tasks/flop-report/report-result.js";
import { chipMargin, chips, percent, plural } from "../../format.js";
import { ErrorBars } from "../../plots/bars.js";
import { Trouble } from "../../ui.js";
import { Fact, Words } from "../facts.js";
import { actionText, actionTones } from "../solution.js";
import { FlopFilterFields } from "./filter.js";
import { ALL_FLOPS, flopTest } from "./flops.js";
import { ReportScatter } from "./scatter.js";
import { FlopTable } from "./table.js";
import { meanOf, offeredOf, quantitiesOf } from "./values.js";

/** A report over flops: means, a plot of any two quantities, and a row for each flop. */
export function ReportAnswer({ report, jobId }: { readonly report: FlopReport; readonly jobId: string }) {
  const [filter, setFilter] = useState(ALL_FLOPS);
  const [chosen, setChosen] = useState<string | null>(null);
  const { rows, problem } = useMemo(() => chosenRows(report, filter), [report, filter]);
  const quantities = useMemo(() => quantitiesOf(report), [report]);
  return (
    <section class="answer">
      <div class="panel">
        <h2>{headline(report)}</h2>
        <FlopFilterFields filter={filter} twoBoards={hasTwoBoards(report)} problem={problem} onChange={setFilter} />
        <p role="status" class="quiet">
          {rows.length === report.rows.length
            ? `All ${plural(rows.length, "solved flop")}.`
            : `${plural(rows.length, "flop")} of ${report.rows.length}: means, plot and table are of these.`}
        </p>
      </div>
      {rows.length > 0 && (
        <>
          <div class="panel">
            <Means report={report} rows={rows} />
          </div>
          <div class="panel">
            <ReportScatter rows={rows} quantities={quantities} chosen={chosen} onChoose={setChosen} />
          </div>
          <div class="panel">
            <FlopTable
              report={report}
              rows={rows}
              quantities={quantities}
              jobId={jobId}
              chosen={chosen}
              onChoose={setChosen}
            />
          </div>
        </>
      )}
      <Quality report={report} />
    </section>
  );
}

function chosenRows(
  report: FlopReport,
  filter: typeof ALL_FLOPS,
): { rows: readonly ReportRow[]; problem: string | null } {
  try {
    const test = flopTest(filter);
    return { rows: report.rows.filter(({ flop }) => test(flop)), problem: null };
  } catch (error) {
    return { rows: report.rows, problem: error instanceof Error ? error.message : String(error) };
  }
}

function hasTwoBoards({ rows }: FlopReport): boolean {
  return rows[0]?.flop.includes("/") === true;
}

function headline({ flops, pot, rake }: FlopReport): string {
  const which = { all: "all flops", sample: "flops drawn at random", listed: "listed flops" }[flops.asked];
  const cap = rake?.cap == null ? "" : ` up to ${chips(rake.cap)}`;
  return `Report over ${which} · pot ${chips(pot)}${rake === undefined ? "" : ` · rake ${rake.percent} %${cap}`}`;
}

/** Means by weight over the flops that are shown, with their margins. */
function Means({ report, rows }: { readonly report: FlopReport; readonly rows: readonly ReportRow[] }) {
  const { actions, equities, ev, player, flops } = report;
  const tones = actionTones(actions);
  const mean = (of: Parameters<typeof meanOf>[1]["of"]) => meanOf(rows, { of }, flops.asked);
  return (
    <>
      <ErrorBars
        title={`What player ${player} does`}
        about={`mean over flops by weight; whiskers hold 95 % of ${flops.asked === "sample" ? "such draws of flops" : "such errors"}`}
        bars={actions.map((action, index) => {
          const offered = offeredOf(rows, action);
          const found = mean(
            (row) =>
              row.actions.find(({ action: one, to }) => one === action.action && to === action.to)?.frequency ?? null,
          );
          return {
            label: actionText(action),
            note: offered > 0.9995 ? "" : `there on ${percent(offered)} of flops`,
            value: found?.mean ?? 0,
            error: found === null ? null : found.standard_error,
            tone: tones[index] ?? "",
          };
        })}
      />
      <ErrorBars
        title="Mean equity"
        about="by player, over the same flops"
        bars={Object.keys(equities).map((id, index) => {
          const found = mean((row) => row.equities[id] ?? null);
          return {
            label: `Player ${id}`,
            value: found?.mean ?? 0,
            error: found === null ? null : found.standard_error,
            tone: index % 6,
          };
        })}
      />
      <dl class="facts">
        {Object.keys(ev).map((id) => (
          <Mean key={id} name={`mean EV of player ${id}`} found={mean((row) => row.ev[id] ?? null)} />
        ))}
        {report.hero !== null && <Mean name="mean EV of the hand" found={mean((row) => row.hero?.ev ?? null)} />}
        <Fact name="weight" value={rows.reduce((sum, { weight }) => sum + weight, 0).toLocaleString("en")} />
      </dl>
    </>
  );
}

function Mean({ name, found }: { readonly name: string; readonly found: ReturnType<typeof meanOf> }) {
  if (found === null) return null;
  const { mean, standard_error: error } = found;
  return (
    <Fact name={name} value={`${chips(mean)} chips ${error === null ? "(error not measured)" : chipMargin(error)}`} />
  );
}

/** How far each solve came, and what is missing. */
function Quality({ report }: { readonly report: FlopReport }) {
  const { flops, exploitability, converged, cut, measured_game, solve_time } = report;
  return (
    <div class="panel">
      <h2>How good it is</h2>
      {flops.failed.length > 0 && (
        <Trouble>
          {plural(flops.failed.length, "flop")} could not be solved: {flops.failed[0]?.flop}: {flops.failed[0]?.error}
        </Trouble>
      )}
      <dl class="facts">
        <Fact
          name="solved"
          value={`${plural(flops.solved, "flop")}, ${flops.solved_weight.toLocaleString("en")} of ${flops.weight.toLocaleString("en")} by weight`}
        />
        <Fact
          name="exploitability"
          value={`${exploitability.mean.toFixed(2)} % of the pot on average, ${exploitability.largest.toFixed(2)} % at most${measured_game === "cut" ? ", in games that were cut down" : ""}`}
        />
        <Fact name="converged" value={plural(converged, "flop")} />
        <Fact name="time of all solves" value={`${solve_time.toFixed(1)} s`} />
        <Fact name="weights" value={flops.weights} isLong />
      </dl>
      <Words
        title="What was given up"
        lines={cut.map(({ what, flops: count }) => `${what} (${plural(count, "flop")})`)}
      />
    </div>
  );
}
