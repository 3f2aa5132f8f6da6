import type { SpotResult } from "../../../src/tasks/spot-simulation/result-schema.js";
import { cardsOf, cardText } from "../cards.js";
import { plural } from "../format.js";
import { recordOf } from "../jobs/draft.js";
import { ErrorBars, StackedBars } from "../plots/bars.js";
import { PlayerPictures } from "./spot-more.js";

/** A player of a result, of which only what is there is shown: results come from workers of every age. */
export type PlayerResult = Partial<SpotResult>;

/** A simulation as pictures. */
export function SpotAnswer({ result }: { readonly result: unknown }) {
  const players = playersOf(result);
  if (players.length === 0) return <p>This answer has no players.</p>;
  const isDouble = players.some(({ bottom_actual_equity }) => bottom_actual_equity !== undefined);
  const [first] = players;
  const boards = isDouble ? (["top", "bottom"] as const) : (["top"] as const);
  return (
    <section class="answer">
      <div class="panel">
        <ErrorBars
          title={isDouble ? "Share of the pot" : "Equity"}
          about={howFound(first)}
          bars={players.map((player, index) => ({
            label: nameOf(player, index),
            value: player.total_equity ?? player.top_actual_equity ?? 0,
            error: errorOf(player, player.total_equity === undefined ? "top_actual_equity" : "total_equity"),
            tone: index % 6,
          }))}
        />
      </div>
      {isDouble && (
        <div class="panel">
          <ErrorBars
            title="Equity by board"
            about="against the other players"
            bars={players.flatMap((player, index) =>
              boards.map((board) => ({
                label: nameOf(player, index),
                note: `${board} board`,
                value: player[`${board}_actual_equity`] ?? 0,
                error: errorOf(player, `${board}_actual_equity`),
                tone: index % 6,
              })),
            )}
          />
        </div>
      )}
      <div class="panel">
        <PotParts players={players} isDouble={isDouble} />
      </div>
      <div class="panel">
        <ErrorBars
          title="Against random hands"
          about={plural(first?.random_opponents ?? 1, "opponent")}
          bars={players.flatMap((player, index) =>
            boards.map((board) => ({
              label: nameOf(player, index),
              note: isDouble ? `${board} board` : "",
              value: player[`${board}_estimated_equity`] ?? 0,
              error: errorOf(player, `${board}_estimated_equity`),
              tone: index % 6,
            })),
          )}
        />
      </div>
      <PlayerPictures players={players} boards={boards} />
    </section>
  );
}

function playersOf(result: unknown): PlayerResult[] {
  return Array.isArray(result) ? result.map((player) => recordOf(player) as PlayerResult) : [];
}

/** `A♠ A♥ K♦ Q♦`, a range, or the player's number. */
export function nameOf({ cards, range, player_number }: PlayerResult, index: number): string {
  const known = cardsOf(cards ?? []);
  if (known.length > 0) return known.map(cardText).join(" ");
  return range?.slice(0, 24) ?? `Player ${player_number ?? index + 1}`;
}

function errorOf({ standard_error }: PlayerResult, name: string): number {
  const error = recordOf(standard_error)[name];
  return typeof error === "number" ? error : 0;
}

function howFound(player: PlayerResult | undefined): string {
  if (player?.method === "exact") return `exact: ${plural(player.boards_enumerated ?? 0, "board")} counted`;
  if (player?.method === undefined) return "";
  return `simulated: ${plural(player.simulated_runs ?? 0, "deal")}; whiskers hold 95 % of such errors`;
}

/** What part of the pot a player takes, how often. */
function PotParts({ players, isDouble }: { readonly players: readonly PlayerResult[]; readonly isDouble: boolean }) {
  const parts = isDouble
    ? [
        { label: "scoops", tone: "win" },
        { label: "three quarters", tone: "most" },
        { label: "half and other parts", tone: "half" },
        { label: "quarter", tone: "quarter" },
        { label: "nothing", tone: "lose" },
      ]
    : [
        { label: "wins", tone: "win" },
        { label: "shares", tone: "half" },
        { label: "loses", tone: "lose" },
      ];
  const stacks = players.map((player, index) => ({
    label: nameOf(player, index),
    parts: isDouble ? potParts(player) : boardParts(player),
  }));
  return (
    <StackedBars
      title={isDouble ? "Parts of the pot" : "Results"}
      about="how often a player takes them"
      parts={parts}
      stacks={stacks}
    />
  );
}

function potParts({ scoop_both_boards = 0, three_quarter = 0, quarter = 0, both_boards }: PlayerResult): number[] {
  const nothing = both_boards === undefined || both_boards.total === 0 ? 0 : both_boards.loss_loss / both_boards.total;
  const rest = Math.max(0, 1 - scoop_both_boards - three_quarter - quarter - nothing);
  return [scoop_both_boards, three_quarter, rest, quarter, nothing];
}

function boardParts({ top_actual_stats: stats }: PlayerResult): number[] {
  return stats === undefined ? [0, 0, 0] : [stats.win_rate, stats.tie_rate, stats.loss_rate];
}
