import { JobInputError } from "../../../../src/jobs/errors.js";
import { PokerError } from "../../../../src/poker/errors.js";
import type { Solution } from "../../../../src/poker/solver/report/solution.js";
import { seededRandom } from "../../poker/oracle.js";
import { solveInProcess } from "./solve-in-process.js";

const DECK = [..."23456789TJQKA"].flatMap((rank) => [..."shdc"].map((suit) => rank + suit));
const CARDS = { preflop: 0, flop: 3, turn: 4, river: 5 } as const;
const NOTATIONS = ["20%", "AA", "any", "KK+", "50%", "AAxx,KQJT", "bad!", "double-suited"];
const ACTIONS = ["check", "call", "bet", "raise", "fold", "all-in"];

/** A random game state as a careless client might send it: often consistent, sometimes not. */
function randomState(seed: number, timeLimitSeconds: number): Record<string, unknown> {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const int = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const shuffled = <T>(list: readonly T[]): T[] =>
    [...list]
      .map((item) => [random(), item] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, item]) => item);
  const deck = shuffled(DECK);
  const street = pick(["preflop", "flop", "turn", "river", "river"] as const);
  const players = int(2, random() < 0.7 ? 2 : 5);
  const ids = shuffled(Array.from({ length: players }, (_, id) => id));
  const size = random() < 0.8 ? 4 : pick([4, 5, 6]);
  const state: Record<string, unknown> = {
    street,
    board: deck.splice(0, CARDS[street]),
    pot_size: int(1, 500),
    num_cards: size,
    stack_sizes: ids.map(() => (random() < 0.05 ? 0 : int(1, 1000))),
    active_players: random() < 0.5 ? ids : [...ids].sort(),
    player_position: pick(ids),
  };
  if (random() < 0.2) Object.assign(state, { num_boards: 2, board2: deck.splice(0, CARDS[street]) });
  if (random() < 0.5) state.current_bet = random() < 0.5 ? 0 : int(1, 200);
  if (random() < 0.3) {
    state.betting_history = Array.from({ length: int(0, 4) }, () => [pick(ids), pick(ACTIONS), int(0, 200)]);
  }
  if (random() < 0.6) {
    const hands = (): string[][] =>
      Array.from({ length: int(1, pick([3, 50, 300])) }, () => shuffled(deck).slice(0, size));
    state.player_ranges = Object.fromEntries(ids.map((id) => [id, random() < 0.3 ? pick(NOTATIONS) : hands()]));
  }
  if (random() < 0.3) state.hero_cards = shuffled(deck).slice(0, size);
  if (random() < 0.1) state.bet_sizes = pick([[1.5], [0.25, 0.5, 0.75, 1], [1], [0.33]]);
  if (random() < 0.1) state.max_raises = int(0, 6);
  if (random() < 0.3) {
    state.rake = { percent: int(0, 12), cap: pick([null, 0, 1, 5, 50]), no_flop_no_drop: random() < 0.5 };
  }
  if (random() < 0.3) {
    const strategy = pick([{ check: 1 }, { call: 0.5, fold: 0.5 }, { check: 0.25, bet: 0.75 }, { raise: 1 }]);
    state.locks = [{ path: pick(["", "check", "call", "check, check, *"]), hands: pick([null, "A", "!K"]), strategy }];
  }
  return { game_state: state, time_limit_seconds: timeLimitSeconds };
}

/**
 * Solves a random state; what comes back is a sound solution, or the sentence with which the state was refused.
 * @throws whatever else the solver throws, and for a solution that is not sound
 */
export function solveOrRefuse(seed: number, timeLimitSeconds: number): Solution | string {
  try {
    const { solution } = solveInProcess(randomState(seed, timeLimitSeconds));
    const sum = Object.values(solution.ev).reduce((total, ev) => total + ev, solution.expected_rake ?? 0);
    if (Math.abs(sum - solution.game.pot) > 0.01)
      throw new Error(`seed ${seed}: EVs sum to ${sum}, not ${solution.game.pot}`);
    if (!(solution.exploitability >= 0)) throw new Error(`seed ${seed}: exploitability ${solution.exploitability}`);
    const bytes = JSON.stringify(solution).length;
    if (bytes > 2_000_000) throw new Error(`seed ${seed}: a result of ${bytes} bytes`);
    return solution;
  } catch (error) {
    if (error instanceof JobInputError || error instanceof PokerError) return error.message;
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
