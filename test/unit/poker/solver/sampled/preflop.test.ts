import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../../src/poker/cards.js";
import type { Solution } from "../../../../../src/poker/solver/report/solution.js";
import { randomHands, solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";
import { orderOfOmaha, seededRandom } from "../../oracle.js";
import { solveDrawn } from "./solve-drawn.js";

/** Standard errors from four replicates: 95 % of values lie within so many (Student's t, three degrees of freedom). */
const T3 = 3.18;

function spot(over: Record<string, unknown> = {}): Record<string, unknown> {
  const random = seededRandom(11);
  const k = (over.num_cards as number) ?? 4;
  const [first, second] = [randomHands(16, k, [], random), randomHands(16, k, [], random)];
  return {
    street: "preflop",
    board: [],
    pot_size: 1.5,
    current_bet: 1,
    stack_sizes: [20, 19.5],
    bet_sizes: [1],
    max_raises: 1,
    player_ranges: { "0": first, "1": second },
    ...over,
  };
}

/** The first range's share of the pot by showdown, by evaluation of five cards at a time on random boards. */
function shareOf(ranges: Record<string, string[]>, deals: number): { readonly share: number; readonly error: number } {
  const random = seededRandom(5);
  const [first, second] = [ranges["0"] ?? [], ranges["1"] ?? []].map((hands) => hands.map((hand) => parseCards(hand)));
  const draw = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let [sum, squares, done] = [0, 0, 0];
  while (done < deals) {
    const [one, two] = [draw(first ?? []), draw(second ?? [])];
    const taken = new Set([...one, ...two]);
    if (taken.size < one.length + two.length) continue;
    const board: number[] = [];
    while (board.length < 5) {
      const card = Math.floor(random() * 52);
      if (taken.has(card)) continue;
      taken.add(card);
      board.push(card);
    }
    const share = (Math.sign(orderOfOmaha(one, board) - orderOfOmaha(two, board)) + 1) / 2;
    sum += share;
    squares += share * share;
    done++;
  }
  const share = sum / deals;
  return { share, error: Math.sqrt((squares / deals - share ** 2) / deals) };
}

const errors = ({ sampling }: Solution) => sampling?.standard_error ?? { ev: 0, equity: 0 };

describe("two players before the flop", () => {
  it.each([
    ["four cards", {}],
    ["five cards", { num_cards: 5 }],
  ])("%s: with next to nothing behind, EVs are equities by an independent evaluator", (_name, over) => {
    const input = spot({ pot_size: 100, stack_sizes: [0.51, 0.01], iterations: 12, ...over });
    const solution = solveDrawn(input);
    const { share, error } = shareOf(input.player_ranges as Record<string, string[]>, 6000);
    expect(Math.abs((solution.equities["0"] as number) - share)).toBeLessThan(
      3.5 * Math.hypot(error, errors(solution).equity),
    );
    // Half a chip is put in beside the hundred that lie there.
    expect(Math.abs((solution.ev["0"] as number) - share * 100)).toBeLessThan(
      3.5 * Math.hypot(error * 100, errors(solution).ev) + 1.1,
    );
    expect(errors(solution).equity).toBeLessThan(0.05);
  });

  it("worth what sampled play says where nothing can be bet later, which is played as before", () => {
    // The raise is all-in, and so is who limps and calls it; a limped pot leaves nothing behind.
    const shove = spot({ stack_sizes: [0.5, 0], iterations: 40 });
    const before = solveInProcess(shove).solution;
    expect(before.algorithm).toMatch(/^external-sampling/);
    const drawn = solveDrawn(shove);
    expect(Math.abs((drawn.ev["0"] as number) - (before.ev["0"] as number))).toBeLessThan(0.05 + T3 * errors(drawn).ev);
  });

  it("plays later streets, says so, and claims no more than a lower bound", () => {
    const { solution } = solveInProcess(spot({ iterations: 6 }));
    expect(solution.algorithm).toMatch(/^public chance sampling CFR/);
    expect(solution.abstraction.join()).not.toMatch(/no betting after this street/);
    expect(solution.abstraction.join()).toMatch(/on later streets hands share strategies in \d+ and \d+ classes/);
    expect(solution.assumptions.join()).toMatch(/after the flop player 1 acts first: the small blind has the button/);
    expect(solution.exploitability_method).toMatch(/a lower bound of what could be won, in the game of these classes/);
    expect(solution.converged).toBe(false);
    expect((solution.ev["0"] as number) + (solution.ev["1"] as number)).toBeCloseTo(1.5, 5);
    expect(solution.deviation_gains["0"]?.standard_error).toBeGreaterThan(0);
    expect(solution.sampling?.rows["0"]).toHaveLength(4);
  });

  it("keeps to locked play, and finds nothing to gain where all is given", () => {
    const input = spot({
      iterations: 20,
      locks: [{ path: "", player: 0, strategy: { fold: 1 } }],
    });
    const { solution } = solveInProcess(input);
    // Who is locked gains nothing, and who wins the blinds in every hand has nothing left to gain.
    expect(solution.deviation_gains["0"]?.gain).toBe(0);
    expect(solution.ev["0"]).toBeCloseTo(0, 6);
    expect(solution.locks).toHaveLength(1);
  });

  it("gives equal answers for equal seeds and iterations", () => {
    const plain = (solution: Solution): unknown => ({ ...solution, solve_time: 0, convergence: [] });
    const one = solveDrawn(spot({ iterations: 5, seed: 3 }));
    expect(plain(solveDrawn(spot({ iterations: 5, seed: 3 })))).toEqual(plain(one));
    expect(solveDrawn(spot({ iterations: 5, seed: 4 })).ev).not.toEqual(one.ev);
  });
});
