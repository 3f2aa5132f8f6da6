import { chips } from "../format.js";
import { Lines } from "../plots/lines.js";
import { EstimateAnswer, estimateOf } from "./estimate.js";
import { Fact, Words } from "./facts.js";
import { ReportAnswer } from "./report/report.js";
import { reportOf } from "./report/values.js";
import { isDecision, type Solution, solutionOf } from "./solution.js";
import { Tree } from "./tree.js";

/** A solution, or a report over flops, as pictures. */
export function SolverAnswer({ result, jobId }: { readonly result: unknown; readonly jobId: string }) {
  const report = reportOf(result);
  if (report !== null) return <ReportAnswer report={report} jobId={jobId} />;
  const estimate = estimateOf(result);
  if (estimate !== null) return <EstimateAnswer estimate={estimate} />;
  const solution = solutionOf(result);
  if (solution === null || !isDecision(solution.tree)) return <p>This answer has no tree.</p>;
  return (
    <section class="answer">
      <Tree solution={solution} root={solution.tree} />
      <Facts solution={solution} />
    </section>
  );
}

function Facts({ solution }: { readonly solution: Solution }) {
  const { exploitability, iterations, solve_time, stopped_by, algorithm, exploitability_method } = solution;
  const error = solution.sampling?.standard_error?.exploitability;
  const least = solution.sampling?.exploitability_at_least;
  const given = [...(solution.abstraction ?? []), ...(solution.omitted ?? [])];
  return (
    <div class="panel">
      <h2>How good it is</h2>
      <dl class="facts">
        {exploitability !== undefined && (
          <div>
            <dt>exploitability</dt>
            <dd>
              {least !== undefined && `${least.toFixed(3)} to `}
              {exploitability.toFixed(3)} % of the pot
              {error !== undefined && ` ± ${error.toFixed(3)}`}
              {solution.measured_game === "cut" && ", in a game that was cut down"}
            </dd>
          </div>
        )}
        {Object.entries(solution.deviation_gains ?? {}).map(([player, { gain, standard_error }]) => (
          <div key={player}>
            <dt>player {player} can gain</dt>
            <dd>
              {gain.toFixed(3)} chips{typeof standard_error === "number" && ` ± ${standard_error.toFixed(3)}`}
            </dd>
          </div>
        ))}
        <Fact
          name="the house takes"
          value={solution.expected_rake === undefined ? undefined : `${chips(solution.expected_rake)} chips`}
        />
        <Fact name="iterations" value={iterations?.toLocaleString("en")} />
        <Fact name="time" value={solve_time === undefined ? undefined : `${solve_time.toFixed(1)} s`} />
        <Fact name="stopped by" value={stopped_by?.replaceAll("_", " ")} />
        <Fact name="measured by" value={exploitability_method} isLong />
        <Fact name="method" value={algorithm} isLong />
      </dl>
      {solution.is_equilibrium_approximation === false && <p>No equilibrium is promised for such a spot.</p>}
      <Convergence steps={solution.convergence ?? []} />
      <Words title="What to keep in mind" lines={solution.caveats ?? []} />
      <Words title="What was given up" lines={given} />
      <Words title="How the input was read" lines={solution.assumptions ?? []} />
    </div>
  );
}

function Convergence({ steps }: { readonly steps: NonNullable<Solution["convergence"]> }) {
  if (steps.length < 2) return null;
  return (
    <Lines
      title="Convergence"
      about="exploitability in percent of the pot"
      lines={[
        { label: "exploitability", tone: "0", points: steps.map((step) => [step.iteration, step.exploitability]) },
      ]}
      axes={["iteration", "% of the pot"]}
      showX={(iteration) => iteration.toLocaleString("en")}
      showY={(value) => String(Number(value.toPrecision(3)))}
      isLog
    />
  );
}
