import { chips, percent } from "../format.js";
import { StackedBars } from "../plots/bars.js";
import { actionText, actionTones, type DecisionNode, isDecision, type Solution, solutionOf } from "./solution.js";

/** A solution as pictures. */
export function SolverAnswer({ result }: { readonly result: unknown }) {
  const solution = solutionOf(result);
  if (solution === null || !isDecision(solution.tree)) return <p>This answer has no tree.</p>;
  return (
    <section class="answer">
      <div class="panel">
        <Strategy node={solution.tree} title={`What player ${solution.tree.player} does`} />
      </div>
      <Facts solution={solution} />
    </section>
  );
}

/** How a player acts at a node: with the whole range, and by class of hand. */
function Strategy({ node, title }: { readonly node: DecisionNode; readonly title: string }) {
  const tones = actionTones(node.actions);
  const parts = node.actions.map((action, index) => ({ label: actionText(action), tone: tones[index] ?? "" }));
  const whole = { label: "Whole range", parts: node.actions.map(({ frequency }) => frequency) };
  const classes = node.classes ?? [];
  const stacks = [
    whole,
    ...classes.map((row) => ({ label: row.class, note: `${percent(row.share)} of hands`, parts: row.frequency })),
  ];
  const evs = [node.actions.map(({ ev }) => chips(ev)), ...classes.map(({ ev }) => (ev ?? []).map(chips))];
  const headings = node.actions.map((action) => `EV ${actionText(action)}`);
  return (
    <StackedBars
      title={title}
      about="by class of hand"
      parts={parts}
      stacks={stacks}
      columns={{ headings, cells: evs }}
    />
  );
}

function Facts({ solution }: { readonly solution: Solution }) {
  const { exploitability, iterations, solve_time, stopped_by, algorithm, exploitability_method } = solution;
  const given = [...(solution.abstraction ?? []), ...(solution.omitted ?? [])];
  return (
    <div class="panel">
      <h2>How good it is</h2>
      <dl class="facts">
        {exploitability !== undefined && (
          <div>
            <dt>exploitability</dt>
            <dd>
              {exploitability.toFixed(3)} % of the pot
              {typeof solution.exploitability_standard_error === "number" &&
                ` ± ${solution.exploitability_standard_error.toFixed(3)}`}
            </dd>
          </div>
        )}
        {Object.entries(solution.deviation_gains ?? {}).map(([player, { gain, standard_error: error }]) => (
          <div key={player}>
            <dt>player {player} can gain</dt>
            <dd>
              {gain.toFixed(3)} chips{typeof error === "number" && ` ± ${error.toFixed(3)}`}
            </dd>
          </div>
        ))}
        <Fact name="measured by" value={exploitability_method} />
        <Fact name="method" value={algorithm} />
        <Fact name="iterations" value={iterations?.toLocaleString("en")} />
        <Fact name="time" value={solve_time === undefined ? undefined : `${solve_time.toFixed(1)} s`} />
        <Fact name="stopped by" value={stopped_by?.replaceAll("_", " ")} />
      </dl>
      {solution.is_equilibrium_approximation === false && <p>No equilibrium is promised for such a spot.</p>}
      <Words title="What was given up" lines={given} />
      <Words title="How the input was read" lines={solution.assumptions ?? []} />
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Words({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
