import { DECK_SIZE } from "../../cards.js";
import { Random } from "../../random.js";
import { buildBettingTree } from "../betting/betting-tree.js";
import type { DealModel } from "../game/deal-model.js";
import { createHandSet, type HandSet } from "../game/hand-set.js";
import type { HeadsUpGame } from "../vector/heads-up-game.js";
import { VectorSolver } from "../vector/vector-solver.js";

/** What is timed: iterations of a river game of fixed size, in several runs of which the fastest counts. */
const COMBOS = 200;
const ITERATIONS_PER_RUN = 33;
const RUNS = 10;
/** Seconds that a run takes on one thread of the reference machine, a 2-core AMD EPYC of 2023. */
const REFERENCE_SECONDS = 0.0031;

let measured: number | undefined;

/**
 * Speed of one thread of this machine as a multiple of the reference machine's. Measured once a thread, at first use:
 * the fastest of several short runs, because other work on the machine only ever slows them down.
 */
export function machineSpeed(): number {
  measured ??= REFERENCE_SECONDS / fastestRun();
  return measured;
}

function fastestRun(): number {
  const solver = new VectorSolver(timedGame());
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const before = performance.now();
    for (let i = 0; i < ITERATIONS_PER_RUN; i++) solver.iterate();
    fastest = Math.min(fastest, (performance.now() - before) / 1000);
  }
  return fastest;
}

/** Random hands that win by an arbitrary order: no evaluator is needed, and the sweeps do not care. */
function timedGame(): HeadsUpGame {
  const random = Random.fromSeed(1);
  const state = {
    street: 3,
    pot: 100,
    bets: [0, 0],
    stacks: [300, 300],
    folded: [false, false],
    pending: [true, true],
    actedLevel: [-1, -1],
    minRaise: 0,
    raises: 0,
    scale: 1e6,
  };
  const sizing = {
    kind: "pot-limit",
    fractionsByStreet: [[0.5, 1]],
    maxRaisesByStreet: [3],
    bettingStreets: 1,
  } as const;
  const deal: DealModel = {
    deckSize: DECK_SIZE,
    boards: [[]],
    strengths: ({ count }) => Uint16Array.from({ length: count }, (_, hand) => (hand * 2654435761) % 7919),
  };
  return {
    tree: buildBettingTree(state, 0, { sizing, lastStreet: 3, minBet: 0 }),
    hands: [randomHands(random), randomHands(random)],
    deal,
  };
}

function randomHands(random: Random): HandSet {
  const hands = new Map<string, number[]>();
  while (hands.size < COMBOS) {
    const hand = new Set<number>();
    while (hand.size < 4) hand.add(random.below(DECK_SIZE));
    const sorted = [...hand].sort((a, b) => a - b);
    hands.set(sorted.join(), sorted);
  }
  return createHandSet([...hands.values()]);
}
