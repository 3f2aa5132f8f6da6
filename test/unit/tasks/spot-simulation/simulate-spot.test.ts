import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { CATEGORIES } from "../../../../src/poker/evaluator/categories.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { type ComputeInput, run } from "../../../../src/tasks/spot-simulation/compute.js";
import type { Compute } from "../../../../src/tasks/spot-simulation/conduct.js";
import { parseSpotInput } from "../../../../src/tasks/spot-simulation/parse-input.js";
import { type SpotResult, spotResultsSchema } from "../../../../src/tasks/spot-simulation/result-schema.js";
import { simulateSpot } from "../../../../src/tasks/spot-simulation/simulate-spot.js";
import { countNaively, emptyCounts, subsets } from "../../poker/naive-equity.js";
import { deckBytes } from "../../poker/oracle.js";

const here: Compute = async (input) => run(input, { progress: () => undefined, cancelled: () => false });

function simulate(data: object, compute: Compute = here, signal = new AbortController().signal): Promise<SpotResult[]> {
  return simulateSpot(parseSpotInput(data), { compute, signal, report: () => undefined });
}

async function simulateOne(data: object): Promise<SpotResult> {
  const [first] = await simulate(data);
  if (first === undefined) throw new Error("no result");
  return first;
}

const HANDS = ["AsKsQhJh", "8c8d7c6d", "AhAd5c4c"];
const players = (...hands: string[]) => hands.map((cards) => ({ cards }));

describe("what a part of a pot is worth", () => {
  const sum = (results: readonly SpotResult[], of: (result: SpotResult) => number | undefined): number =>
    results.reduce((total, result) => total + (of(result) ?? Number.NaN), 0);

  it.each([
    [{ percent: 5 }, 6],
    [{ percent: 5, cap: 4 }, 4],
    [{ percent: 0 }, 0],
    [null, 0],
  ])("rake %j of a pot of 120 is %d: the players share the rest by their equities", async (rake, taken) => {
    const spot = { players: players(...HANDS), top_board: "9c8h2s", bottom_board: "TdTc3c" };
    const results = await simulate({ ...spot, pot_size: 120, rake });
    for (const { ev, total_equity: equity } of results) expect(ev).toBeCloseTo(equity * (120 - taken), 10);
    expect(sum(results, ({ ev }) => ev)).toBeCloseTo(120 - taken, 9);
    expect(results[0]).toMatchObject({ pot_size: 120, rake: taken, standard_error: { ev: 0 } });
    spotResultsSchema.parse(results);
    const plain = await simulate(spot);
    expect(plain[0]).not.toHaveProperty("ev");
    expect(plain.map(({ total_equity: equity }) => equity)).toEqual(results.map((result) => result.total_equity));
  });

  it("has the error of the equity where that is simulated", async () => {
    const [hero] = await simulate({ players: [{ cards: HANDS[0] }, { cards: "15%!AA" }], pot_size: 50, seed: 3 });
    expect(hero?.method).toBe("monte-carlo");
    expect(hero?.standard_error.ev).toBeCloseTo((hero?.standard_error.total_equity ?? 0) * 50, 12);
  });
});

describe("spot simulation", () => {
  it("gives every field its true meaning on a double-board flop", async () => {
    const boards = ["9c8h2s", "TdTc3c"];
    const dead = "2d3d";
    const results = await simulate({
      players: players(...HANDS),
      top_board: boards[0],
      bottom_board: boards[1],
      folded_cards: dead,
    });
    const naive = countNaively(HANDS.map(parseCards), boards.map(parseCards), parseCards(dead));
    results.forEach((result, player) => {
      const [losses = 0, wins = 0, ties = 0] = naive.shares[0]?.[player] ?? [];
      const total = losses + wins + ties;
      expect(result.top_actual_stats).toMatchObject({ wins, ties, losses, total });
      expect(result.top_actual_equity).toBe((wins + ties / 2) / total);
      expect(result.split_top).toBe((wins + ties) / total);
      expect(result.bottom_actual_stats?.wins).toBe(naive.shares[1]?.[player]?.[1]);
      const joint = naive.joint[player] ?? [];
      const cell = (top: number, bottom: number): number => joint[top]?.[bottom] ?? 0;
      const pairs = joint.flat().reduce((sum, n) => sum + n, 0);
      expect(result.boards_enumerated).toBe(pairs);
      expect(result.scoop_both_boards).toBe(cell(1, 1) / pairs);
      expect(result.chop_both_boards).toBe((cell(2, 2) + cell(2, 3) + cell(3, 2) + cell(3, 3)) / pairs);
      expect(result.three_quarter).toBe((cell(1, 2) + cell(2, 1)) / pairs);
      expect(result.quarter).toBe((cell(0, 2) + cell(2, 0)) / pairs);
      expect(result.total_equity).toBeCloseTo((result.top_actual_equity + (result.bottom_actual_equity ?? 0)) / 2, 12);
      CATEGORIES.forEach((category, i) => {
        const [won = 0, tied = 0, lost = 0] = naive.breakdown[0]?.[player]?.slice(i * 3, i * 3 + 3) ?? [];
        expect(result.top_actual_breakdown[category]).toEqual({
          wins: won,
          ties: tied,
          losses: lost,
          total: won + tied + lost,
        });
      });
      expect(result).toMatchObject({ method: "exact", known_opponents: 2, random_opponents: 1, simulated_runs: 0 });
      expect(Object.values(result.standard_error).every((error) => error === 0)).toBe(true);
    });
  });

  it("estimates against one random hand with only the hand, that board and folded cards dead", async () => {
    const folded = [...deckBytes(parseCards(`${HANDS.join("")}9c8h2s4dTdTc3cKh`))].slice(0, 26);
    const data = {
      players: players(...HANDS),
      top_board: "9c8h2s4d",
      bottom_board: "TdTc3cKh",
      folded_cards: folded.map((card) => `${"23456789TJQKA"[card >> 2]}${"shdc"[card & 3]}`),
    };
    const result = await simulateOne(data);
    const hero = parseCards(HANDS[0] ?? "");
    for (const [side, text] of [
      ["top", data.top_board],
      ["bottom", data.bottom_board],
    ] as const) {
      const board = parseCards(text);
      const naive = emptyCounts(2, 1);
      for (const other of subsets([...deckBytes([...hero, ...board, ...folded])], 4)) {
        countNaively([hero, other], [board], folded, naive);
      }
      const [losses = 0, wins = 0, ties = 0] = naive.shares[0]?.[0] ?? [];
      expect(result[`${side}_detailed_stats`]).toMatchObject({ wins, ties, losses });
      expect(result[`${side}_estimated_equity`]).toBe((wins + ties / 2) / (wins + ties + losses));
      CATEGORIES.forEach((category, i) => {
        for (const [field, player] of [
          ["hand", 0],
          ["opponent", 1],
        ] as const) {
          const [won = 0, tied = 0, lost = 0] = naive.breakdown[0]?.[player]?.slice(i * 3, i * 3 + 3) ?? [];
          expect(result[`${side}_${field}_breakdown`]?.[category]).toMatchObject({
            wins: won,
            ties: tied,
            losses: lost,
          });
        }
      });
    }
  });

  it("puts a random opponent in the place of none", async () => {
    const result = await simulateOne({ players: players("AsKsQhJh"), board: "9c8h2s" });
    expect(result.top_actual_stats).toMatchObject({ wins: 57_101_164, ties: 2_605_018, losses: 62_469_718 });
    expect(result.top_detailed_stats).toEqual(result.top_actual_stats);
    expect(result).toMatchObject({ known_opponents: 0, method: "exact", top_estimated_method: "exact" });
    const blank = await simulate({ players: [{ cards: "AsKsQhJh" }, { cards: ["", "", "", ""] }], board: "9c8h2s" });
    expect(blank[0]?.top_actual_stats).toEqual(result.top_actual_stats);
    expect(blank[1]?.top_actual_stats).toMatchObject({ wins: 62_469_718, losses: 57_101_164 });
    expect(blank[1]?.cards).toEqual(["", "", "", ""]);
    const reversed = await simulate({ players: [{ cards: [] }, { cards: "AsKsQhJh" }], board: "9c8h2s" });
    expect(reversed[1]?.top_actual_stats).toEqual(result.top_actual_stats);
    expect(reversed[0]?.equity_by_next_card).toEqual(blank[1]?.equity_by_next_card);
  });

  it("deals both boards dead to a lone player's random opponent", async () => {
    const boards = ["9c8h2s4d3d", "TdTc3cKh2c"];
    const folded = "2d2h3s3h4s4h4c5s5h5d5c6s6h6d6c7s7h7d7c8s8d8c";
    const spot = { players: players("AsKsQhJh"), top_board: boards[0], bottom_board: boards[1] };
    const double = await simulateOne({ ...spot, folded_cards: folded });
    const hero = parseCards("AsKsQhJh");
    const dead = [...hero, ...boards.flatMap(parseCards), ...parseCards(folded)];
    const naive = emptyCounts(2, 2);
    for (const other of subsets([...deckBytes(dead)], 4)) {
      countNaively([hero, other], boards.map(parseCards), parseCards(folded), naive);
    }
    expect(double.method).toBe("exact");
    for (const [board, side] of (["top", "bottom"] as const).entries()) {
      const [losses = 0, wins = 0, ties = 0] = naive.shares[board]?.[0] ?? [];
      expect(wins * losses).toBeGreaterThan(0);
      expect(double[`${side}_actual_stats`]).toMatchObject({ wins, ties, losses, total: (16 * 15 * 14 * 13) / 24 });
    }
    const [[lossLoss, lossWin] = [], [winLoss, winWin] = []] = naive.joint[0] ?? [];
    expect(double.both_boards).toMatchObject({
      win_win: winWin,
      win_loss: winLoss,
      loss_win: lossWin,
      loss_loss: lossLoss,
    });
    const whole = await simulateOne(spot);
    expect(whole.top_actual_stats.total).toBe((38 * 37 * 36 * 35) / 24);
    expect(whole.both_boards?.total).toBe((38 * 37 * 36 * 35) / 24);
    expect(whole.top_detailed_stats.total).toBe((43 * 42 * 41 * 40) / 24);
  });

  it("answers for partly known hands as the mean over what they can be", async () => {
    const whole = await simulateOne({
      players: players("AsKsQh??".slice(0, 6), "8c8d7c6d").map((player, i) =>
        i === 0 ? { cards: ["As", "Ks", "Qh", ""] } : player,
      ),
      board: "9c8h2s4d",
    });
    const live = [...deckBytes(parseCards("AsKsQh8c8d7c6d9c8h2s4d"))];
    let wins = 0;
    let total = 0;
    for (const card of live) {
      const naive = countNaively(
        [[...parseCards("AsKsQh"), card], parseCards("8c8d7c6d")],
        [parseCards("9c8h2s4d")],
        [],
      );
      wins += naive.shares[0]?.[0]?.[1] ?? 0;
      total += (naive.shares[0]?.[0] ?? []).reduce((sum, n) => sum + n, 0);
    }
    expect(whole.top_actual_stats).toMatchObject({ wins, total });
  });

  it("has the top fields only for a single board", async () => {
    const result = await simulateOne({ players: players("AsKsQhJh", "8c8d7c6d"), board: "9c8h2s4d" });
    const other = Object.keys(result).filter((key) => /bottom|both|quarter/u.test(key));
    expect(other).toEqual([]);
    expect(result.total_equity).toBe(result.top_actual_equity);
  });

  it("counts outs, and names them", async () => {
    const result = await simulateOne({
      players: players("AsKsQhJh", "8c8d7c6d"),
      top_board: "9c8h2s4d",
      bottom_board: "TdTc3cKh",
    });
    const live = deckBytes(parseCards("AsKsQhJh8c8d7c6d9c8h2s4dTdTc3cKh"));
    expect(result.split_top_outs).toBe(result.split_top_out_cards?.length);
    expect(result.split_top_outs).toBe(Math.round(result.split_top * live.length));
    expect(result.split_bottom_outs).toBe(Math.round((result.split_bottom ?? 0) * live.length));
    expect(result.scoop_both_outs).toBe(result.both_boards?.win_win);
    expect(result.chop_both_outs).toBe(result.both_boards?.tie_tie);
    expect(result.scoop_both_out_cards?.every((pair) => pair.length === 2)).toBe(true);
    const river = await simulateOne({
      players: players("AsKsQhJh", "8c8d7c6d"),
      top_board: "9c8h2s4d",
      bottom_board: "TdTc3cKh2d",
    });
    expect(river.scoop_both_outs).toBe(river.both_boards?.win_win);
    expect(river.scoop_both_out_cards?.every((cards) => cards.length === 1)).toBe(true);
    expect(river.split_bottom_outs).toBeUndefined();
    const flop = await simulateOne({
      players: players("AsKsQhJh", "8c8d7c6d"),
      top_board: "9c8h2s",
      bottom_board: "TdTc3cKh",
    });
    expect(flop.scoop_both_outs).toBeUndefined();
    expect(flop.split_bottom_outs).toBeGreaterThan(0);
  });

  it("tells the equity by next card, which averages to the equity", async () => {
    const result = await simulateOne({
      players: players("AsKsQhJh", "8c8d7c6d"),
      top_board: "9c8h2s",
      bottom_board: "",
    });
    const rows = result.equity_by_next_card?.top ?? [];
    expect(rows).toHaveLength(41);
    expect(rows.reduce((sum, row) => sum + row.equity, 0) / rows.length).toBeCloseTo(result.top_actual_equity, 12);
    expect(result.equity_by_next_card?.bottom).toBeUndefined();
    const turn = await simulateOne({ players: players("AsKsQhJh", "8c8d7c6d"), board: `9c8h2s${rows[0]?.card}` });
    expect(turn.top_actual_equity).toBe(rows[0]?.equity);
  });

  it("answers the schema in every kind of spot", async () => {
    for (const data of [
      { players: players("AsKsQhJh") },
      { players: players("AsKsQhJh", "8c8d7c6d"), top_board: [], bottom_board: [], simulation_runs: 500 },
      { players: players("AsKsQhJh2c", "8c8d7c6d3d"), top_board: "9c8h", bottom_board: "Td", simulation_runs: 500 },
      { players: [{ cards: "AA:ds" }, { cards: "KK" }], board: "9c8h2s", simulation_runs: 500 },
      { players: [{ cards: [] }, { cards: [] }], random_opponents: 3, simulation_runs: 500 },
      {
        players: players("AsKsQhJh"),
        random_opponents: 0,
        simulation_runs: 500,
        top_board: "9c8h2s",
        bottom_board: "TdTc",
      },
    ]) {
      expect(() => spotResultsSchema.parse(JSON.parse("[]"))).not.toThrow();
      expect(spotResultsSchema.parse(await simulate(data))).toHaveLength(data.players.length);
    }
  });
});

describe("carrying out a spot", () => {
  const slow = { players: players("AsKsQhJh"), random_opponents: 3, simulation_runs: 400_000 };

  it("gives the same numbers whatever the order in which chunks end", async () => {
    const inOrder = await simulate({ ...slow, simulation_runs: 250_000 });
    const waiting: (() => void)[] = [];
    const shuffled: Compute = (input) =>
      new Promise((resolve, reject) => {
        waiting.push(() => void here(input).then(resolve, reject));
        // The last of two that wait goes first.
        setImmediate(() => waiting.pop()?.());
      });
    expect(await simulate({ ...slow, simulation_runs: 250_000 }, shuffled)).toEqual(inOrder);
  });

  it("ends early only when asked, at the same place every time", async () => {
    const [result] = await simulate({ ...slow, target_standard_error: 0.002 });
    const again = await simulate({ ...slow, target_standard_error: 0.002 });
    expect(again).toEqual([result]);
    expect(result?.top_detailed_stats.total).toBeLessThan(400_000);
    expect(result?.top_detailed_stats.equity_standard_error).toBeLessThan(0.002);
    const [all] = await simulate({ ...slow, simulation_runs: 200_000 });
    expect(all?.top_detailed_stats.total).toBe(200_000);
  });

  it("stops when cancelled, with the reason", async () => {
    const controller = new AbortController();
    let calls = 0;
    const compute: Compute = (input: ComputeInput) => {
      if (++calls === 4) controller.abort(new Error("the user went away"));
      return here(input);
    };
    await expect(simulate({ ...slow, simulation_runs: 1_000_000_000 }, compute, controller.signal)).rejects.toThrow(
      "the user went away",
    );
    expect(calls).toBeLessThan(12);
  });

  it("ends its kernel when it is asked to", () => {
    let asked = 0;
    expect(() =>
      run(
        {
          kind: "count",
          // Real ones: this thread keeps them, and later tests count with them.
          tables: evaluatorTables().memory,
          deal: { handSize: 4, seats: [{ kind: "cards", known: [] }], boards: [[]], dead: [] },
          shape: { players: 1, nextCard: [false] },
          work: { kind: "monte-carlo", seed: [1], runs: 1e9, stratifiedPlayers: 0 },
        },
        { progress: () => undefined, cancelled: () => ++asked > 2 },
      ),
    ).toThrow("cancelled");
  });

  it("reports how far it is, never backwards", async () => {
    const seen: number[] = [];
    await simulateSpot(parseSpotInput(slow), {
      compute: here,
      signal: new AbortController().signal,
      report: (percentage, message) => {
        seen.push(percentage);
        expect(message).toMatch(/^(Counting all deals|Simulated [\d,]+ deals)$/u);
      },
    });
    expect(seen.length).toBeGreaterThan(3);
    expect([...seen].sort((one, other) => one - other)).toEqual(seen);
    expect(seen.at(-1)).toBe(99);
  });

  it("fails when a chunk fails, and asks for no more", async () => {
    let calls = 0;
    const failing: Compute = () => {
      calls++;
      return Promise.reject(new Error("a thread died"));
    };
    await expect(simulate(slow, failing)).rejects.toThrow("a thread died");
    expect(calls).toBeLessThan(10);
  });

  it("meets a random hand before the flop exactly when folded cards leave few boards", async () => {
    const result = await simulateOne({
      players: players("AsKsQhJh"),
      folded_cards: "AcAhKdKcQdQcJdJcTsTh9s9h8d8c7d7c6s6h5s5h4d4c3d2c9d8s7h6d5c4s",
    });
    // Enumerated deal by deal in C++, by a program of its own.
    expect(result.top_actual_stats).toMatchObject({ wins: 4_009_913, ties: 112_316, losses: 2_003_891 });
    expect(result).toMatchObject({ method: "exact", boards_enumerated: 8568, top_estimated_method: "exact" });
  });

  it("refuses ranges that need the same cards", async () => {
    for (const board of ["", "9c8h2s", "9c8h2s4d"]) {
      await expect(simulate({ players: players("AAAA", "AAAK"), board })).rejects.toThrow(
        "these hands and ranges cannot be dealt together",
      );
    }
  });

  it.each(["any", "*", "100%", "0%-100%"])("takes the range %s for a hand of which nothing is known", async (any) => {
    const board = "9c8h2s4d";
    const blank = await simulate({ players: [{ cards: "AsKsQhJh" }, { cards: [] }], board });
    const range = await simulate({ players: players("AsKsQhJh", any), board });
    expect(range.map((result) => result.top_actual_stats)).toEqual(blank.map((result) => result.top_actual_stats));
    expect(range[1]).toMatchObject({ method: "exact", range: any, cards: [] });
  });

  it("asks what a lone x is meant to be", () => {
    expect(() => simulate({ players: players("AsKsQhJh", "xx"), board: "9c8h2s4d" })).toThrow(
      /x alone is any card: write any for every hand/,
    );
  });

  it("deals every hand of six cards at random, however many there are", async () => {
    const data = { board: "9c8h2s4d3d", simulation_runs: 100, random_opponents: 0 };
    const [hero] = await simulate({ players: players("AsKsQhJhTh9h", "any"), ...data });
    expect(hero?.known_opponents).toBe(0);
    expect(hero?.top_actual_stats.total).toBeGreaterThanOrEqual(100);
  });

  it("says which range cannot be dealt", async () => {
    await expect(simulate({ players: players("AsKsQhJh", "AsAh") })).rejects.toThrow(
      'players[1]: no hand of range "AsAh" can be dealt',
    );
  });
});

describe("symmetries of spots", () => {
  const deal = fc.uniqueArray(fc.integer({ min: 0, max: 51 }), { minLength: 18, maxLength: 18 });
  const name = (card: number): string => `${"23456789TJQKA"[card >> 2]}${"shdc"[card & 3]}`;
  const spot = (cards: readonly number[]) => ({
    players: [cards.slice(0, 4), cards.slice(4, 8), cards.slice(8, 12)].map((hand) => hand.map(name)),
    top_board: cards.slice(12, 15).map(name),
    bottom_board: cards.slice(15, 18).map(name),
    random_opponents: 0,
  });

  it("hold for suits, players and boards, and shares add up to one", async () => {
    await fc.assert(
      fc.asyncProperty(deal, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), async (cards, suits) => {
        const results = await simulate(spot(cards));
        const shares = results.map((result) => result.total_equity);
        // Tables of zeros would make a tie of everything.
        expect(results.some((result) => result.top_actual_stats.tie_rate < 1)).toBe(true);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        const renamed = await simulate(spot(cards.map((card) => (card & ~3) | (suits[card & 3] ?? 0))));
        expect(renamed.map((result) => result.both_boards)).toEqual(results.map((result) => result.both_boards));
        const data = spot(cards);
        const reversed = await simulate({ ...data, players: [...data.players].reverse() });
        expect(reversed.map((result) => result.total_equity)).toEqual([...shares].reverse());
        const swapped = await simulate({ ...data, top_board: data.bottom_board, bottom_board: data.top_board });
        swapped.forEach((result, i) => {
          expect(result.top_actual_stats).toEqual(results[i]?.bottom_actual_stats);
          expect(result.both_boards?.win_loss).toBe(results[i]?.both_boards?.loss_win);
          expect(result.scoop_both_boards).toBe(results[i]?.scoop_both_boards);
        });
      }),
      { seed: 11, numRuns: 25 },
    );
  });
});
