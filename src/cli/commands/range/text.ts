import { formatCards } from "../../../poker/cards.js";
import type { RangeHands } from "../../../poker/ranges/expand-range.js";
import type { Output } from "../../terminal/output.js";

/** What `celery range` says of a range. */
export interface RangeReading {
  readonly range: string;
  readonly hand_size: number;
  readonly boards: readonly (readonly string[])[];
  readonly read_as: string;
  readonly hands: number;
  /** Sum of the hands' weights, where the range has weights. */
  readonly weight?: number;
  /** All hands that the boards and dead cards leave. */
  readonly of_hands: number;
  /** Of a view; empty without one. */
  readonly classes: readonly { readonly name: string; readonly hands: number; readonly weight: number }[];
  readonly parts: readonly { readonly part: string; readonly hands: number; readonly read_as: string }[];
  readonly examples: readonly string[];
}

const count = (number: number): string => number.toLocaleString("en-US");

export function printRange(output: Output, reading: RangeReading): void {
  const { boards, weight } = reading;
  const board = boards.filter((cards) => cards.length > 0).map((cards) => cards.join(" "));
  const share = `${((reading.hands / reading.of_hands) * 100).toFixed(2)} %`;
  output.line(`${output.style("range", "bold")}     ${reading.range}`);
  if (board.length > 0) output.line(`${output.style("board", "bold")}     ${board.join("  |  ")}`);
  output.line(`${output.style("read as", "bold")}   ${reading.read_as}`);
  output.line(`${output.style("hands", "bold")}     ${count(reading.hands)} of ${count(reading.of_hands)} (${share})`);
  if (weight !== undefined)
    output.line(`${output.style("weight", "bold")}    ${count(Number(weight.toFixed(4)))} hands' worth`);
  if (reading.parts.length > 0) {
    output.line();
    output.table(
      ["PART", "HANDS", "READ AS"],
      reading.parts.map(({ part, hands, read_as: readAs }) => [part, count(hands), readAs]),
    );
    const sum = reading.parts.reduce((total, { hands }) => total + hands, 0);
    if (sum > reading.hands) output.line("Hands in several parts count once, with the weight of the last.");
  }
  if (reading.classes.length > 0) printClasses(output, reading);
  if (reading.examples.length > 0) {
    output.line();
    output.line(`${output.style("examples", "bold")}  ${reading.examples.join("  ")}`);
  }
}

function printClasses(output: Output, { classes }: RangeReading): void {
  const whole = classes.reduce((sum, { weight }) => sum + weight, 0);
  output.line();
  output.table(
    ["CLASS", "HANDS", "SHARE"],
    classes.map(({ name, hands, weight }) => [name, count(hands), `${((weight / whole) * 100).toFixed(2)} %`]),
  );
}

/** A weight in digits without an exponent, so that it reads back as the same number. */
function weightText(weight: number): string {
  const short = String(weight);
  if (!short.includes("e")) return short;
  return weight.toFixed(20).replace(/0+$/u, "");
}

function* rows({ cards, count: hands, handSize, weights }: RangeHands): Generator<readonly [string, string]> {
  for (let hand = 0; hand < hands; hand++) {
    const text = formatCards([...cards.subarray(hand * handSize, (hand + 1) * handSize)].reverse());
    yield [text, weightText(weights?.[hand] ?? 1)];
  }
}

/** A range that names every hand, one a line. */
export function exportHands(hands: RangeHands): string {
  const lines = Array.from(rows(hands), ([hand, weight]) => (hands.weights === undefined ? hand : `${hand}@${weight}`));
  return lines.join(",\n");
}

export function csvOfHands(hands: RangeHands): string[] {
  return ["hand,weight", ...Array.from(rows(hands), ([hand, weight]) => `${hand},${weight}`)];
}
