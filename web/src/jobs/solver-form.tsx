import { cardsOf } from "../cards.js";
import { type Draft, recordOf } from "./draft.js";
import { FlopsChoice } from "./flops-choice.js";
import { RangeInput } from "./range-input.js";
import { type Slot, Slots } from "./slots.js";

/** Board, chips and ranges of a spot to solve. */
export function SolverForm({
  draft,
  onChange,
}: {
  readonly draft: Draft;
  readonly onChange: (changed: Draft) => void;
}) {
  const stacks = Array.isArray(draft.stack_sizes) ? draft.stack_sizes.map(Number) : [];
  const active = Array.isArray(draft.active_players)
    ? draft.active_players.map(Number)
    : stacks.map((_, player) => player);
  const ranges = recordOf(draft.player_ranges);
  const handSize = Number(draft.num_cards ?? 4);
  const slot = (name: string, field: string, most: number): Slot => ({
    name,
    cards: cardsOf(draft[field] ?? []),
    most,
    onChange: (cards) => onChange({ [field]: cards.length === 0 && field !== "board" ? undefined : cards }),
  });
  const board = cardsOf(draft.board ?? []);
  const seats = (count: number) =>
    onChange({
      stack_sizes: Array.from({ length: count }, (_, player) => stacks[player] ?? stacks[0] ?? 100),
      active_players: Array.from({ length: count }, (_, player) => player),
      player_position: 0,
    });
  return (
    <div class="panel">
      <div class="row">
        <label>
          Pot{" "}
          <input
            type="number"
            min={0}
            step="any"
            value={Number(draft.pot_size ?? 0)}
            onInput={(event) => onChange({ pot_size: Number(event.currentTarget.value) })}
          />
        </label>
        <label>
          To call{" "}
          <input
            type="number"
            min={0}
            step="any"
            value={Number(draft.current_bet ?? 0)}
            onInput={(event) => onChange({ current_bet: Number(event.currentTarget.value) || undefined })}
          />
        </label>
        <Rake rake={draft.rake} onChange={(rake) => onChange({ rake })} />
        <button type="button" disabled={stacks.length >= 9} onClick={() => seats(stacks.length + 1)}>
          Add a player
        </button>
        <button type="button" disabled={stacks.length <= 2} onClick={() => seats(stacks.length - 1)}>
          Remove a player
        </button>
      </div>
      {active.map((player) => (
        <div class="row seat" key={player}>
          <label>
            Stack of player {player}
            <input
              type="number"
              min={0}
              step="any"
              value={stacks[player] ?? 0}
              onInput={(event) =>
                onChange({
                  stack_sizes: stacks.map((stack, seat) =>
                    seat === player ? Number(event.currentTarget.value) : stack,
                  ),
                })
              }
            />
          </label>
          {typeof (ranges[player] ?? "") === "string" ? (
            <RangeInput
              label={`Range of player ${player}`}
              value={String(ranges[player] ?? "")}
              handSize={handSize}
              dead={board}
              onInput={(text) => onChange({ player_ranges: { ...ranges, [player]: text === "" ? undefined : text } })}
            />
          ) : (
            <span class="quiet">Player {player}'s range is a list: see it as JSON.</span>
          )}
        </div>
      ))}
      <FlopsChoice
        flops={draft.flops}
        onChange={(flops) =>
          onChange(flops === undefined ? { flops, board: [] } : { flops, board: undefined, board2: undefined })
        }
      />
      <Slots
        slots={[
          ...(draft.flops == null ? [slot("Board", "board", 5), slot("Second board", "board2", 5)] : []),
          slot("Hand to report on", "hero_cards", handSize),
        ]}
      />
    </div>
  );
}

/** What the house takes: percent of a pot, and chips at most. */
function Rake({ rake, onChange }: { readonly rake: unknown; readonly onChange: (rake: unknown) => void }) {
  const { percent, cap, ...others } = recordOf(rake);
  const numberOf = (text: string) => (text === "" ? undefined : Number(text));
  const shown = (value: unknown) => (typeof value === "number" ? value : "");
  return (
    <>
      <label>
        Rake, %{" "}
        <input
          type="number"
          min={0}
          max={100}
          step="any"
          value={shown(percent)}
          onInput={({ currentTarget }) => {
            const changed = numberOf(currentTarget.value);
            onChange(changed === undefined ? undefined : { ...others, percent: changed, cap });
          }}
        />
      </label>
      {typeof percent === "number" && (
        <label>
          at most{" "}
          <input
            type="number"
            min={0}
            step="any"
            value={shown(cap)}
            onInput={({ currentTarget }) => onChange({ ...others, percent, cap: numberOf(currentTarget.value) })}
          />
        </label>
      )}
    </>
  );
}
