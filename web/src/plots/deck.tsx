import { scaleBand, scaleLinear } from "d3-scale";
import { cardText, RANKS, SUITS } from "../cards.js";
import { percent } from "../format.js";
import { Figure } from "./figure.js";

interface DeckProps {
  readonly title: string;
  readonly about?: string;
  /** By card; a card that is missing cannot come. */
  readonly values: ReadonlyMap<string, number>;
  /** What is neither good nor bad. */
  readonly middle: number;
  readonly marked: ReadonlySet<string>;
}

const ROW = 40;
const WIDEST = 52;
const FULL_SCALE = 0.25;

/** A value for each card of the deck: greener than the middle, or redder. Marked cards have a frame. */
export function Deck({ title, about, values, middle, marked }: DeckProps) {
  const cards = [...SUITS].flatMap((suit) => [...RANKS].map((rank) => `${rank}${suit}`));
  const rows = cards.flatMap((card) => {
    const value = values.get(card);
    return value === undefined ? [] : [[cardText(card), percent(value, 2), marked.has(card) ? "yes" : ""]];
  });
  const strength = scaleLinear([0, FULL_SCALE], [0.06, 0.42]).clamp(true);
  const draw = (width: number) => {
    const x = scaleBand([...RANKS], [0, Math.min(width, WIDEST * RANKS.length)]).paddingInner(0.06);
    return [...SUITS].map((suit, row) =>
      [...RANKS].map((rank) => {
        const card = `${rank}${suit}`;
        const value = values.get(card);
        const left = x(rank) ?? 0;
        const change = (value ?? middle) - middle;
        return (
          <g key={card}>
            <rect
              class={`${value === undefined ? "absent" : change >= 0 ? "tone-win" : "tone-bet0"} ${marked.has(card) ? "marked" : ""}`}
              fill-opacity={value === undefined ? 0.06 : strength(Math.abs(change))}
              x={left + 1}
              y={row * ROW + 1}
              width={x.bandwidth() - 2}
              height={ROW - 4}
              rx={4}
            >
              <title>{`${cardText(card)}: ${value === undefined ? "cannot come" : percent(value, 2)}`}</title>
            </rect>
            <text class={`cell ink-${suit}`} x={left + x.bandwidth() / 2} y={row * ROW + 16}>
              {cardText(card)}
            </text>
            {value !== undefined && x.bandwidth() > 26 && (
              <text class="cell small-cell" x={left + x.bandwidth() / 2} y={row * ROW + 30}>
                {(value * 100).toFixed(0)}
              </text>
            )}
          </g>
        );
      }),
    );
  };
  return (
    <Figure
      title={title}
      {...(about === undefined ? {} : { about })}
      table={{ headings: ["card", "equity", "out"], rows }}
      height={SUITS.length * ROW}
      draw={draw}
    />
  );
}
