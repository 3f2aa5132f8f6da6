import { scaleLinear, scaleLog } from "d3-scale";
import { Legend } from "./bars.js";
import { Figure, type PlotTable } from "./figure.js";

export interface Line {
  readonly label: string;
  readonly tone: string;
  /** In the order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface LinesProps {
  readonly title: string;
  readonly about?: string;
  readonly lines: readonly Line[];
  /** Headings of x and y. */
  readonly axes: readonly [string, string];
  readonly showX: (x: number) => string;
  readonly showY: (y: number) => string;
  /** Steps of ten instead of equal ones. */
  readonly isLog?: boolean;
}

const HEIGHT = 200;
const EDGES = { left: 56, right: 14, top: 8, bottom: 24 } as const;
const TICKS = 5;

/** Values along a line, one line a series. */
export function Lines({ title, about, lines, axes, showX, showY, isLog = false }: LinesProps) {
  const all = lines.flatMap(({ points }) => points);
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => y).filter((y) => !isLog || y > 0);
  const table: PlotTable = {
    headings: lines.length === 1 ? axes : ["", ...axes],
    rows: lines.flatMap(({ label, points }) =>
      points.map(([x, y]) => [...(lines.length === 1 ? [] : [label]), showX(x), showY(y)]),
    ),
  };
  const draw = (width: number) => {
    if (ys.length === 0)
      return (
        <text x={EDGES.left} y={HEIGHT / 2} class="note">
          nothing yet
        </text>
      );
    const x = scaleLinear([Math.min(...xs), Math.max(...xs)], [EDGES.left, width - EDGES.right]);
    const range = [HEIGHT - EDGES.bottom, EDGES.top];
    const least = Math.min(...ys);
    const most = Math.max(...ys);
    const y = isLog ? scaleLog([least, Math.max(most, least * 2)], range) : scaleLinear([0, Math.max(1, most)], range);
    const ticks = isLog ? y.ticks(TICKS).filter((tick) => /^1|^[25]/.test(tick.toExponential())) : y.ticks(TICKS);
    return (
      <>
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={EDGES.left} x2={width - EDGES.right} y1={y(tick)} y2={y(tick)} />
            <text class="tick end" x={EDGES.left - 6} y={y(tick) + 4}>
              {showY(tick)}
            </text>
          </g>
        ))}
        {x.ticks(Math.max(2, Math.floor(width / 140))).map((tick) => (
          <text key={tick} class="tick" x={x(tick)} y={HEIGHT - 6}>
            {showX(tick)}
          </text>
        ))}
        {lines.map(({ label, tone, points }) => (
          <path
            key={label}
            class={`line stroke-${tone}`}
            d={points
              .filter(([, value]) => !isLog || value > 0)
              .map(([at, value], index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)},${y(value).toFixed(1)}`)
              .join("")}
          />
        ))}
      </>
    );
  };
  return (
    <Figure title={title} {...(about === undefined ? {} : { about })} table={table} height={HEIGHT} draw={draw}>
      {lines.length > 1 && <Legend parts={lines} />}
    </Figure>
  );
}
