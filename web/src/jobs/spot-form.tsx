import { cardsOf } from "../cards.js";
import { type Draft, recordOf } from "./draft.js";
import { RangeInput } from "./range-input.js";
import { type Slot, Slots } from "./slots.js";

interface Player {
  readonly cards: readonly string[];
  /** Null for a hand. */
  readonly range: string | null;
}

const MOST_PLAYERS = 9;
const HAND_SIZES = [4, 5, 6];

/** Hands, ranges and boards of a simulation. */
export function SpotForm({ draft, onChange }: { readonly draft: Draft; readonly onChange: (changed: Draft) => void }) {
  const players = readPlayers(draft.players);
  const handSize = Number(draft.num_cards ?? 4);
  const isDouble = draft.bottom_board !== undefined;
  const change = (changed: readonly Player[]) =>
    onChange({
      players: changed.map(({ cards, range }, index) => ({ player_number: index + 1, cards: range ?? cards })),
    });
  const replace = (index: number, player: Player) =>
    change(players.map((other, place) => (place === index ? player : other)));
  const board = (name: string, field: string): Slot => ({
    name,
    cards: cardsOf(draft[field] ?? (field === "top_board" ? draft.board : [])),
    most: 5,
    onChange: (cards) => onChange({ [field]: cards, ...(field === "top_board" ? { board: undefined } : {}) }),
  });
  const hands = players.flatMap(({ cards, range }, index): Slot[] =>
    range === null
      ? [
          {
            name: `Player ${index + 1}`,
            cards,
            most: handSize,
            onChange: (changed) => replace(index, { cards: changed, range }),
          },
        ]
      : [],
  );
  const boards = [
    board(isDouble ? "Top board" : "Board", "top_board"),
    ...(isDouble ? [board("Bottom board", "bottom_board")] : []),
  ];
  const dead = [...boards, ...hands].flatMap(({ cards }) => [...cards]);
  return (
    <div class="panel">
      <div class="row">
        <label>
          Cards a hand{" "}
          <select value={handSize} onChange={(event) => onChange({ num_cards: Number(event.currentTarget.value) })}>
            {HAND_SIZES.map((size) => (
              <option key={size} value={size}>
                {size}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isDouble}
            onChange={(event) => onChange({ bottom_board: event.currentTarget.checked ? [] : undefined })}
          />
          two boards
        </label>
        <button
          type="button"
          disabled={players.length >= MOST_PLAYERS}
          onClick={() => change([...players, { cards: [], range: null }])}
        >
          Add a player
        </button>
        <button type="button" disabled={players.length <= 1} onClick={() => change(players.slice(0, -1))}>
          Remove a player
        </button>
      </div>
      <div class="row">
        {players.map((player, index) => (
          <label class="check" key={index}>
            <input
              type="checkbox"
              checked={player.range !== null}
              onChange={(event) => replace(index, { cards: [], range: event.currentTarget.checked ? "" : null })}
            />
            player {index + 1} has a range
          </label>
        ))}
      </div>
      {players.map(({ range }, index) =>
        range === null ? null : (
          <RangeInput
            key={index}
            label={`Range of player ${index + 1}`}
            value={range}
            handSize={handSize}
            dead={dead}
            onInput={(text) => replace(index, { cards: [], range: text })}
          />
        ),
      )}
      <Slots slots={[...hands, ...boards]} />
    </div>
  );
}

/** A text that is no hand is a range. */
function readPlayers(value: unknown): Player[] {
  const players = Array.isArray(value) ? value : [];
  return players.map((player) => {
    const cards: unknown = Array.isArray(player) ? player : recordOf(player).cards;
    const known = cardsOf(cards);
    const isRange = typeof cards === "string" && (known.length < 4 || /[%,:!()]/.test(cards));
    return { cards: isRange ? [] : known, range: isRange ? cards : null };
  });
}
