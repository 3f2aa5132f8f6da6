import { useState } from "preact/hooks";
import { Cards, cardsOf } from "../cards.js";
import { plural } from "../format.js";
import { StackedBars } from "../plots/bars.js";
import { Deck } from "../plots/deck.js";
import { nameOf, type PlayerResult } from "./spot.js";

type Board = "top" | "bottom";

/** What one player can hope for: next cards, outs, and kinds of hands. */
export function PlayerPictures({
  players,
  boards,
}: {
  readonly players: readonly PlayerResult[];
  readonly boards: readonly Board[];
}) {
  const [index, setIndex] = useState(0);
  const [board, setBoard] = useState<Board>("top");
  const player = players[index];
  if (player === undefined) return null;
  return (
    <div class="panel">
      <div class="row">
        <label>
          Player{" "}
          <select value={index} onChange={(event) => setIndex(Number(event.currentTarget.value))}>
            {players.map((other, place) => (
              <option key={nameOf(other, place)} value={place}>
                {nameOf(other, place)}
              </option>
            ))}
          </select>
        </label>
        {boards.length > 1 && (
          <label>
            Board{" "}
            <select value={board} onChange={(event) => setBoard(event.currentTarget.value as Board)}>
              <option value="top">top</option>
              <option value="bottom">bottom</option>
            </select>
          </label>
        )}
      </div>
      <NextCards player={player} board={board} />
      <Outs player={player} board={board} />
      <Kinds player={player} board={board} />
    </div>
  );
}

function NextCards({ player, board }: { readonly player: PlayerResult; readonly board: Board }) {
  const next = player.equity_by_next_card?.[board];
  if (next === undefined || next.length === 0) return null;
  return (
    <Deck
      title="Equity by next card"
      about={`on the ${board} board; greener is better than now, a frame is an out`}
      values={new Map(next.flatMap(({ card, equity }) => cardsOf(card).map((read) => [read, equity] as const)))}
      middle={player[`${board}_actual_equity`] ?? 0}
      marked={new Set(cardsOf(player[`split_${board}_out_cards`] ?? []))}
    />
  );
}

function Outs({ player, board }: { readonly player: PlayerResult; readonly board: Board }) {
  const outs = cardsOf(player[`split_${board}_out_cards`] ?? []);
  const scoops = player.scoop_both_outs;
  if (outs.length === 0 && scoops === undefined) return null;
  return (
    <p>
      {plural(outs.length, "out")} to win or share the {board} board: <Cards cards={outs} size="small" />
      {scoops !== undefined && ` · ${plural(scoops, "out")} to scoop both`}
    </p>
  );
}

/** How often the player makes each kind of hand, and how it fares. */
function Kinds({ player, board }: { readonly player: PlayerResult; readonly board: Board }) {
  const kinds = Object.entries(player[`${board}_actual_breakdown`] ?? {}).filter(([, { total }]) => total > 0);
  const all = kinds.reduce((sum, [, { total }]) => sum + total, 0);
  if (all === 0) return null;
  return (
    <StackedBars
      title="Hands it makes"
      about={`on the ${board} board, and what becomes of them`}
      parts={[
        { label: "wins", tone: "win" },
        { label: "shares", tone: "half" },
        { label: "loses", tone: "lose" },
      ]}
      stacks={kinds.map(([kind, { wins, ties, losses, total }]) => ({
        label: kind,
        note: `${((100 * total) / all).toFixed(1)} % of deals`,
        parts: [wins / all, ties / all, losses / all],
      }))}
    />
  );
}
