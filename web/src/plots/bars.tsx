import { scaleLinear } from "d3-scale";
import { margin, percent } from "../format.js";
import { Figure, type PlotTable } from "./figure.js";

/** A value with its standard error, as a fraction. */
export interface ErrorBar {
  readonly label: string;
  /** Second line under the label. */
  readonly note?: string;
  readonly value: number;
  /** 0 where the value is exact, null where nobody measured its error. */
  readonly error: number | null;
  readonly tone: number | string;
}

const ROW = 34;
/** Letters of a label that fit. */
const LONGEST_LABEL = { wide: 26, narrow: 15 } as const;
const AXIS = 22;
const LABELS = { wide: 190, narrow: 104 } as const;
const WIDE = 560;
/** Two standard errors: 95 of 100 times the true value lies within. */
export const WHISKER = 1.96;

/** Horizontal bars from 0 to 100 %, each with its margin of error. */
export function ErrorBars(props: {
  readonly title: string;
  readonly about?: string;
  readonly bars: readonly ErrorBar[];
}) {
  const { bars } = props;
  const table: PlotTable = {
    headings: ["", "share", "standard error"],
    rows: bars.map(({ label, note = "", value, error }) => [
      `${label} ${note}`.trim(),
      percent(value, 2),
      error === null ? "not measured" : percent(error, 3),
    ]),
  };
  const draw = (width: number) => {
    const left = labelWidth(width);
    const x = scaleLinear([0, 1], [left, width - 62]);
    return (
      <>
        <Grid x={x} height={bars.length * ROW} />
        {bars.map(({ label, note, value, error, tone }, row) => {
          const top = row * ROW;
          const reach = WHISKER * (error ?? 0);
          const [from, to] = [x(Math.max(0, value - reach)), x(Math.min(1, value + reach))];
          return (
            <g key={label + note}>
              <RowLabel text={label} note={note} top={top} width={width} />
              <rect
                class={`tone-${tone}`}
                x={x(0)}
                y={top + 6}
                width={Math.max(1, x(value) - x(0))}
                height={ROW - 14}
                rx={3}
              />
              {reach > 0 && (
                <path
                  class="whisker"
                  d={`M${from},${top + 10}v${ROW - 22}m0,${-(ROW - 22) / 2}H${to}m0,${-(ROW - 22) / 2}v${ROW - 22}`}
                />
              )}
              <text class="value" x={Math.max(x(value), to) + 6} y={top + ROW / 2 + 4}>
                {percent(value)}
              </text>
            </g>
          );
        })}
      </>
    );
  };
  return <Figure {...props} table={table} height={bars.length * ROW + AXIS} draw={draw} />;
}

/** One row of {@link StackedBars}: fractions that add up to 1. */
export interface Stack {
  readonly label: string;
  readonly note?: string;
  readonly parts: readonly number[];
  /** Standard errors of the parts; empty or 0 where they are exact. */
  readonly errors?: readonly number[];
}

/** What the parts of each row are. */
export interface StackPart {
  readonly label: string;
  readonly tone: string;
}

interface StackedProps {
  readonly title: string;
  readonly about?: string;
  readonly parts: readonly StackPart[];
  readonly stacks: readonly Stack[];
  /** Further columns of the table. */
  readonly columns?: { readonly headings: readonly string[]; readonly cells: readonly (readonly string[])[] };
}

/** Rows that are cut into parts, from 0 to 100 %. */
export function StackedBars({ title, about, parts, stacks, columns }: StackedProps) {
  const table: PlotTable = {
    headings: ["", ...parts.map(({ label }) => label), ...(columns?.headings ?? [])],
    rows: stacks.map(({ label, note = "", parts: values, errors = [] }, row) => [
      `${label} ${note}`.trim(),
      ...values.map((value, part) => `${percent(value)} ${margin(errors[part])}`.trim()),
      ...(columns?.cells[row] ?? []),
    ]),
  };
  const draw = (width: number) => {
    const x = scaleLinear([0, 1], [labelWidth(width), width - 8]);
    return (
      <>
        {stacks.map(({ label, note, parts: values, errors = [] }, row) => {
          let sum = 0;
          return (
            <g key={label + note}>
              <RowLabel text={label} note={note} top={row * ROW} width={width} />
              {values.map((value, part) => {
                const from = x(sum);
                sum += value;
                const size = x(sum) - from;
                const { label: name, tone } = parts[part] ?? { label: "", tone: "" };
                return (
                  <g key={name}>
                    <rect class={`tone-${tone}`} x={from} y={row * ROW + 5} width={Math.max(0, size)} height={ROW - 10}>
                      <title>{`${name}: ${percent(value)} ${margin(errors[part])}`}</title>
                    </rect>
                    {size > 34 && (
                      <text class="inside" x={from + size / 2} y={row * ROW + ROW / 2 + 4}>
                        {percent(value, 0)} {size > 84 ? margin(errors[part]) : ""}
                      </text>
                    )}
                  </g>
                );
              })}
            </g>
          );
        })}
        <g transform={`translate(0 ${stacks.length * ROW})`}>
          <line class="grid" x1={x(0)} x2={x(1)} y1={0.5} y2={0.5} />
        </g>
      </>
    );
  };
  return (
    <Figure
      title={title}
      {...(about === undefined ? {} : { about })}
      table={table}
      height={stacks.length * ROW + 4}
      draw={draw}
    >
      <Legend parts={parts} />
    </Figure>
  );
}

export function Legend({ parts }: { readonly parts: readonly StackPart[] }) {
  return (
    <ul class="legend">
      {parts.map(({ label, tone }) => (
        <li key={label}>
          <span class={`swatch back-${tone}`} /> {label}
        </li>
      ))}
    </ul>
  );
}

function Grid({ x, height }: { readonly x: (value: number) => number; readonly height: number }) {
  return (
    <>
      {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
        <g key={tick}>
          <line class="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height} />
          <text class="tick" x={x(tick)} y={height + 15}>
            {percent(tick, 0)}
          </text>
        </g>
      ))}
    </>
  );
}

function RowLabel({
  text,
  note = "",
  top,
  width,
}: {
  readonly text: string;
  readonly note?: string | undefined;
  readonly top: number;
  readonly width: number;
}) {
  const longest = width >= WIDE ? LONGEST_LABEL.wide : LONGEST_LABEL.narrow;
  const shown = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return (
    <>
      <text class="label" x={0} y={top + ROW / 2 + (note === "" ? 4 : -2)}>
        {shown}
        {shown !== text && <title>{text}</title>}
      </text>
      {note !== "" && (
        <text class="note" x={0} y={top + ROW / 2 + 11}>
          {note}
        </text>
      )}
    </>
  );
}

function labelWidth(width: number): number {
  return width >= WIDE ? LABELS.wide : LABELS.narrow;
}
