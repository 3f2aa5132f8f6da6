import type { JobType } from "../../../src/jobs/schema.js";
import { Cards, cardsOf } from "../cards.js";
import { plural } from "../format.js";
import { recordOf } from "./draft.js";
import { PAGE_KINDS } from "./kinds.js";

/** What a job's input says of its spot, as far as a line shows it. */
export interface SpotText {
  readonly players: readonly string[][];
  readonly boards: readonly string[][];
  /** Ranges and the like, in words. */
  readonly words: string;
  /** Which flops a report is about, in words; empty for other jobs. */
  readonly flops: string;
}

/** Reads what is there: inputs come from backends of every age. */
function readSpot(input: unknown): SpotText {
  const outer = recordOf(input);
  const spot = "game_state" in outer ? recordOf(outer.game_state) : outer;
  const players = Array.isArray(spot.players) ? spot.players : [];
  const hands = players.map((player) => (Array.isArray(player) ? player : recordOf(player).cards));
  const boards = [spot.top_board ?? spot.board, spot.bottom_board ?? spot.board2].map(cardsOf);
  const hero = cardsOf(spot.hero_cards);
  return {
    players: [...hands.map(cardsOf).filter((cards) => cards.length > 0), ...(hero.length > 0 ? [hero] : [])],
    boards: boards.filter((cards) => cards.length > 0),
    words: [
      ...hands.filter((hand) => typeof hand === "string" && cardsOf(hand).length < 4),
      ...Object.values(recordOf(spot.player_ranges)).filter((range) => typeof range === "string"),
    ]
      .join(" vs ")
      .slice(0, 60),
    flops: flopsText(outer.flops ?? spot.flops),
  };
}

function flopsText(flops: unknown): string {
  if (flops === undefined || flops === null) return "";
  if (Array.isArray(flops)) return plural(flops.length, "flop");
  const { sample } = recordOf(flops);
  return typeof sample === "number" ? `${plural(sample, "flop")} drawn` : "all flops";
}

/** A spot in one line. */
export function SpotLine({ input, kind }: { readonly input: unknown; readonly kind: JobType }) {
  const { players, boards, words, flops } = readSpot(input);
  return (
    <span class="spot">
      <span class="kind">{PAGE_KINDS[kind].word}</span>
      {players.slice(0, 3).map((cards) => (
        <Cards key={cards.join("")} cards={cards} size="small" />
      ))}
      {players.length > 3 && <span class="quiet">+{players.length - 3}</span>}
      {words !== "" && <span class="words">{words}</span>}
      {(boards.length > 0 || flops !== "") && <span class="quiet">on</span>}
      {flops !== "" && <span>{flops}</span>}
      {boards.map((cards) => (
        <Cards key={cards.join("")} cards={cards} size="small" />
      ))}
    </span>
  );
}
