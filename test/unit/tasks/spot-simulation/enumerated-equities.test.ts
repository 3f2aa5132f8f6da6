import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { run } from "../../../../src/tasks/spot-simulation/compute.js";
import { parseSpotInput } from "../../../../src/tasks/spot-simulation/parse-input.js";
import type { SpotResult } from "../../../../src/tasks/spot-simulation/result-schema.js";
import { simulateSpot } from "../../../../src/tasks/spot-simulation/simulate-spot.js";

/** A line that test/fixtures/equities/brute-force.cpp printed: see there. */
interface Enumerated {
  readonly hands: string;
  readonly boards: string;
  readonly dead: string;
  /** `[board][player][share class]` */
  readonly shares: readonly (readonly (readonly number[])[])[];
  /** `[player][top class × bottom class]` */
  readonly joint: readonly (readonly number[])[];
}

const FIXTURES = new URL("../../../fixtures/equities/brute-force.jsonl", import.meta.url);
const SPOTS = readFileSync(FIXTURES, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Enumerated);

const cardsOf = (text: string): string => (text === "-" ? "" : text);

function simulate({ hands, boards, dead }: Enumerated): Promise<SpotResult[]> {
  const [top = "", bottom] = boards.split("/").map(cardsOf);
  const data = {
    // A lone player meets one random hand.
    players: hands
      .split(",")
      .filter((hand) => hand !== "*")
      .map((cards) => ({ cards })),
    top_board: top,
    bottom_board: bottom,
    folded_cards: cardsOf(dead),
    // Enough that an exact answer is worth its cost.
    simulation_runs: 1_000_000,
    random_opponents: 0,
  };
  return simulateSpot(parseSpotInput(data), {
    compute: async (input) => run(input, { progress: () => undefined, cancelled: () => false }),
    signal: new AbortController().signal,
    report: () => undefined,
  });
}

/** A player's deals on a board by share class. */
function rowOf(result: SpotResult, board: number, length: number): number[] {
  const stats = board === 0 ? result.top_actual_stats : result.bottom_actual_stats;
  const ties = board === 0 ? result.top_actual_ties : result.bottom_actual_ties;
  return Array.from({ length }, (_, shareClass) => {
    if (shareClass === 0) return stats?.losses ?? -1;
    return shareClass === 1 ? (stats?.wins ?? -1) : (ties?.[shareClass] ?? 0);
  });
}

describe("equities enumerated by an independent brute force", () => {
  it.each(SPOTS.map((spot) => [`${spot.hands} on ${spot.boards} without ${spot.dead}`, spot] as const))(
    "%s",
    async (_, spot) => {
      const results = await simulate(spot);
      results.forEach((result, player) => {
        expect(result.method).toBe("exact");
        spot.shares.forEach((ofBoard, board) => {
          expect(rowOf(result, board, ofBoard.length + 1)).toEqual(ofBoard[player]);
        });
        const joint = spot.joint[player];
        if (joint === undefined) return;
        const width = (spot.shares[0]?.length ?? 0) + 1;
        const sum = (keep: (top: number, bottom: number) => boolean): number =>
          joint.reduce((total, deals, cell) => total + (keep(Math.floor(cell / width), cell % width) ? deals : 0), 0);
        expect(result.both_boards).toEqual({
          win_win: sum((top, bottom) => top === 1 && bottom === 1),
          win_tie: sum((top, bottom) => top === 1 && bottom > 1),
          win_loss: sum((top, bottom) => top === 1 && bottom === 0),
          tie_win: sum((top, bottom) => top > 1 && bottom === 1),
          tie_tie: sum((top, bottom) => top > 1 && bottom > 1),
          tie_loss: sum((top, bottom) => top > 1 && bottom === 0),
          loss_win: sum((top, bottom) => top === 0 && bottom === 1),
          loss_tie: sum((top, bottom) => top === 0 && bottom > 1),
          loss_loss: sum((top, bottom) => top === 0 && bottom === 0),
          total: sum(() => true),
        });
        expect(result.boards_enumerated).toBeGreaterThan(0);
      });
    },
  );
});
