import { recordOf } from "./draft.js";

const SAMPLE = 25;
const WAYS = [
  ["board", "one board"],
  ["sample", "flops drawn at random"],
  ["all", "all flops"],
  ["listed", "flops of a list"],
] as const;
type Way = (typeof WAYS)[number][0];

/** What a spot is solved on: a board, or many flops, which makes the answer a report. */
export function FlopsChoice({
  flops,
  onChange,
}: {
  /** As in the input; undefined for one board. */
  readonly flops: unknown;
  readonly onChange: (flops: unknown) => void;
}) {
  const way = wayOf(flops);
  const { sample = SAMPLE } = recordOf(flops);
  return (
    <div class="row">
      <label>
        Solve it on{" "}
        <select value={way} onChange={({ currentTarget }) => onChange(START[wayNamed(currentTarget.value)])}>
          {WAYS.map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {way === "sample" && (
        <label>
          How many{" "}
          <input
            type="number"
            min={1}
            max={22_100}
            value={Number(sample)}
            onInput={({ currentTarget }) => onChange({ ...recordOf(flops), sample: Number(currentTarget.value) })}
          />
        </label>
      )}
      {way === "listed" && (
        <label class="range">
          <span>Flops</span>
          <input
            value={listText(flops)}
            placeholder="Ks8h7d, QcJc4h"
            spellcheck={false}
            onChange={({ currentTarget }) => onChange(currentTarget.value.split(",").map((flop) => flop.trim()))}
          />
        </label>
      )}
    </div>
  );
}

const START: Readonly<Record<Way, unknown>> = {
  board: undefined,
  sample: { sample: SAMPLE },
  all: "all",
  listed: ["Ks8h7d"],
};

function wayNamed(name: string): Way {
  return WAYS.find(([way]) => way === name)?.[0] ?? "board";
}

function wayOf(flops: unknown): Way {
  if (flops === undefined || flops === null) return "board";
  return flops === "all" ? "all" : Array.isArray(flops) ? "listed" : "sample";
}

/** Weights are seen as JSON alone. */
function listText(flops: unknown): string {
  const list = Array.isArray(flops) ? flops : [];
  return list.map((entry) => (typeof entry === "string" ? entry : String(recordOf(entry).flop ?? ""))).join(", ");
}
