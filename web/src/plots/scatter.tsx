import { type ScaleLinear, scaleLinear } from "d3-scale";
import { Legend, type StackPart, WHISKER } from "./bars.js";
import { Figure, type PlotTable } from "./figure.js";

export interface ScatterPoint {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Standard errors; 0 where exact, null where nobody measured them. */
  readonly xError: number | null;
  readonly yError: number | null;
  /** How much it counts. */
  readonly weight: number;
  readonly tone: string;
}

/** What lies along an axis. */
export interface ScatterAxis {
  readonly label: string;
  readonly show: (value: number) => string;
  /** Beside the axis, where there is less room. */
  readonly tick: (value: number) => string;
  /** Beyond them no value can lie, and no whisker is drawn. */
  readonly bounds?: readonly [least: number, most: number];
  /** Errors in the same unit. */
  readonly showError: (error: number) => string;
}

interface ScatterProps {
  readonly title: string;
  readonly about?: string;
  readonly points: readonly ScatterPoint[];
  readonly x: ScatterAxis;
  readonly y: ScatterAxis;
  /** What the tones are; none where all points are alike. */
  readonly tones: readonly StackPart[];
  readonly chosen: string | null;
  readonly onChoose: (label: string) => void;
}

const EDGES = { left: 58, right: 24, top: 12, bottom: 42 } as const;
/** Beyond so many the whiskers hide the points. */
const MOST_WHISKERS = 80;
const RADIUS = { least: 3, most: 8 } as const;
const WIDEST = 460;

/** Points in a plane; the larger, the more a point counts. */
export function Scatter({ title, about, points, x, y, tones, chosen, onChoose }: ScatterProps) {
  const heaviest = Math.max(...points.map(({ weight }) => weight), 0);
  const table: PlotTable = {
    headings: ["", "weight", x.label, `error of ${x.label}`, y.label, `error of ${y.label}`],
    rows: points.map(({ label, weight, x: at, y: up, xError, yError }) => [
      label,
      weight,
      x.show(at),
      xError === null ? "not measured" : x.showError(xError),
      y.show(up),
      yError === null ? "not measured" : y.showError(yError),
    ]),
  };
  const height = WIDEST;
  const draw = (width: number) => {
    const across = scaleOf(points, "x", x.bounds, [EDGES.left, width - EDGES.right]);
    const up = scaleOf(points, "y", y.bounds, [height - EDGES.bottom, EDGES.top]);
    const radius = (weight: number) =>
      RADIUS.least + (RADIUS.most - RADIUS.least) * Math.sqrt(heaviest === 0 ? 0 : weight / heaviest);
    // The chosen one lies on top.
    const ordered = [...points].sort((one, other) => Number(one.label === chosen) - Number(other.label === chosen));
    return (
      <>
        <Axes across={across} up={up} x={x} y={y} width={width} height={height} />
        {points.length <= MOST_WHISKERS &&
          points.map((point) => <Whiskers key={point.label} point={point} across={across} up={up} />)}
        {ordered.map((point) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; buttons of a table do the same by keyboard
          <circle
            key={point.label}
            class={`dot tone-${point.tone} ${point.label === chosen ? "marked" : ""}`}
            cx={across(point.x)}
            cy={up(point.y)}
            r={radius(point.weight)}
            onClick={() => onChoose(point.label)}
          >
            <title>{`${point.label}: ${x.label} ${x.show(point.x)}, ${y.label} ${y.show(point.y)}`}</title>
          </circle>
        ))}
        {ordered
          .filter(({ label }) => label === chosen)
          .map((point) => (
            <text
              key={point.label}
              class={across(point.x) > width / 2 ? "value end" : "value"}
              x={across(point.x) + (across(point.x) > width / 2 ? -12 : 12)}
              y={up(point.y) - 8}
            >
              {point.label}
            </text>
          ))}
      </>
    );
  };
  return (
    <Figure title={title} {...(about === undefined ? {} : { about })} table={table} height={height} draw={draw}>
      {tones.length > 1 && <Legend parts={tones} />}
    </Figure>
  );
}

/** Room for every point and for its whisker. */
function scaleOf(
  points: readonly ScatterPoint[],
  axis: "x" | "y",
  [lowest, highest]: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  range: [number, number],
): ScaleLinear<number, number> {
  const ends = points.flatMap((point) => {
    const reach = points.length <= MOST_WHISKERS ? WHISKER * (point[`${axis}Error`] ?? 0) : 0;
    return [point[axis] - reach, point[axis] + reach];
  });
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const pad = most > least ? (most - least) * 0.04 : Math.max(Math.abs(most) * 0.1, 0.01);
  return scaleLinear([Math.max(least - pad, lowest), Math.min(most + pad, highest)], range)
    .nice()
    .clamp(true);
}

function Whiskers({
  point: { x, y, xError, yError },
  across,
  up,
}: {
  readonly point: ScatterPoint;
  readonly across: ScaleLinear<number, number>;
  readonly up: ScaleLinear<number, number>;
}) {
  return (
    <>
      {xError !== null && xError > 0 && (
        <path class="thin" d={`M${across(x - WHISKER * xError)},${up(y)}H${across(x + WHISKER * xError)}`} />
      )}
      {yError !== null && yError > 0 && (
        <path class="thin" d={`M${across(x)},${up(y - WHISKER * yError)}V${up(y + WHISKER * yError)}`} />
      )}
    </>
  );
}

function Axes({
  across,
  up,
  x,
  y,
  width,
  height,
}: {
  readonly across: ScaleLinear<number, number>;
  readonly up: ScaleLinear<number, number>;
  readonly x: ScatterAxis;
  readonly y: ScatterAxis;
  readonly width: number;
  readonly height: number;
}) {
  const bottom = height - EDGES.bottom;
  return (
    <>
      {up.ticks(6).map((tick) => (
        <g key={tick}>
          <line class="grid" x1={EDGES.left} x2={width - EDGES.right} y1={up(tick)} y2={up(tick)} />
          <text class="tick end" x={EDGES.left - 6} y={up(tick) + 4}>
            {y.tick(tick)}
          </text>
        </g>
      ))}
      {across.ticks(Math.max(3, Math.floor(width / 110))).map((tick) => (
        <g key={tick}>
          <line class="grid" x1={across(tick)} x2={across(tick)} y1={EDGES.top} y2={bottom} />
          <text class="tick" x={across(tick)} y={bottom + 15}>
            {x.tick(tick)}
          </text>
        </g>
      ))}
      <text class="note" x={EDGES.left} y={EDGES.top - 3}>
        ↑ {y.label}
      </text>
      <text class="note end" x={width - EDGES.right} y={height - 6}>
        {x.label} →
      </text>
    </>
  );
}
