import { useState } from "preact/hooks";
import type { ReportRow } from "../../../../src/tasks/flop-report/report-result.js";
import { chips, percent } from "../../format.js";
import { Scatter, type ScatterAxis } from "../../plots/scatter.js";
import { SUIT_PATTERNS, suitPattern } from "./flops.js";
import type { Quantity } from "./values.js";

const TONES = { rainbow: "0", "two-tone": "1", monotone: "3" } as const;

/** Any two quantities of a report against each other, a point for each flop. */
export function ReportScatter({
  rows,
  quantities,
  chosen,
  onChoose,
}: {
  readonly rows: readonly ReportRow[];
  readonly quantities: readonly Quantity[];
  readonly chosen: string | null;
  readonly onChoose: (flop: string) => void;
}) {
  const [across, setAcross] = useState(() => quantities.find(({ id }) => id.startsWith("equity "))?.id ?? "");
  const [up, setUp] = useState(() => firstUp(quantities));
  const [x, y] = [across, up].map((wanted) => quantities.find(({ id }) => id === wanted));
  if (x === undefined || y === undefined) return null;
  const points = rows.flatMap((row) => {
    const [at, over] = [x.of(row), y.of(row)];
    if (at === null || over === null) return [];
    const pattern = suitPattern(row.flop);
    const tone = pattern === null ? "0" : TONES[pattern];
    return [
      { label: row.flop, x: at.value, y: over.value, xError: at.error, yError: over.error, weight: row.weight, tone },
    ];
  });
  const tones = SUIT_PATTERNS.map((label) => ({ label, tone: TONES[label] })).filter(({ label }) =>
    rows.some(({ flop }) => suitPattern(flop) === label),
  );
  return (
    <>
      <div class="row">
        <AxisChoice name="Across" value={across} quantities={quantities} onChange={setAcross} />
        <AxisChoice name="Up" value={up} quantities={quantities} onChange={setUp} />
      </div>
      {points.length === 0 ? (
        <p class="quiet">None of these flops has both.</p>
      ) : (
        <Scatter
          title="Flops"
          about={`${y.label} against ${x.label}; larger points weigh more`}
          points={points}
          x={axisOf(x)}
          y={axisOf(y)}
          tones={tones}
          chosen={chosen}
          onChoose={onChoose}
        />
      )}
    </>
  );
}

/** Betting is what most reports are asked for. */
function firstUp(quantities: readonly Quantity[]): string {
  const found =
    quantities.find(({ id }) => id === "bets") ??
    quantities.find(({ id }) => /^(bet|raise) /.test(id)) ??
    quantities.find(({ unit }) => unit === "share");
  return found?.id ?? "";
}

function axisOf({ label, unit }: Quantity): ScatterAxis {
  const digits = (value: number) => String(Number(value.toPrecision(3)));
  if (unit === "share")
    return {
      label,
      show: (value) => percent(value),
      tick: (value) => `${digits(value * 100)} %`,
      bounds: [0, 1],
      showError: (error) => percent(error, 3),
    };
  if (unit === "percent") return { label: `${label}, % of the pot`, show: digits, tick: digits, showError: digits };
  return { label: `${label}, chips`, show: (value) => chips(value), tick: digits, showError: digits };
}

function AxisChoice({
  name,
  value,
  quantities,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly quantities: readonly Quantity[];
  readonly onChange: (id: string) => void;
}) {
  return (
    <label>
      {name}{" "}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {quantities.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
