import { createHash } from "node:crypto";
import { formatCard, formatCards } from "../../poker/cards.js";
import { Random } from "../../poker/random.js";
import { renameClassSuits } from "../../poker/ranges/class-view.js";
import { machineSpeed } from "../../poker/solver/plan/machine-speed.js";
import { canonicalSuits, mapHands } from "../../poker/solver/spot/canonical-suits.js";
import { lockKey, renameLockSuits } from "../../poker/solver/spot/lock.js";
import { type ExpandedRange, expandSpec, isSuitBlind, type RangeSpec } from "../../poker/solver/spot/range-hands.js";
import { rootState } from "../../poker/solver/spot/root-state.js";
import type { Spot, SpotRange } from "../../poker/solver/spot/spot.js";
import { mapCards, type SuitMap } from "../../poker/suits.js";
import type { SolverInput } from "./solver-input.js";

/** A job's spot under canonical suits, ready to be solved or looked up. */
export interface PreparedSpot {
  readonly spot: Spot;
  /** Canonical suit of each suit of the job. */
  readonly suits: SuitMap;
  /** Cards of each board as the job lists them. */
  readonly boards: readonly (readonly string[])[];
  /** MD5 in hex of everything that determines the game; see docs/solver.md. */
  readonly hash: string;
  /** Speed of a thread of this machine; see {@link machineSpeed}. */
  readonly speed: number;
  /** What reading the spot took; it counts towards the time limit. */
  readonly seconds: number;
}

/** Raised when the meaning of "game_state_hash" changes, so that old rows are not taken for answers. */
const HASH_VERSION = 3;

/**
 * Lists the ranges, renames the suits canonically and hashes the game. Takes up to a second for wide ranges: runs in a
 * worker thread.
 *
 * @throws PokerError for a spot that contradicts itself or leaves nothing to decide
 */
export function prepareSpot(input: SolverInput): PreparedSpot {
  const startedAt = performance.now();
  const root = readRoot(input);
  const heroSeat = input.state.activePlayers.indexOf(input.state.playerToAct);
  const dead = new Set(input.boards.flat());
  // Ranges that treat suits alike need no renaming, and their text says what they are.
  const blind = input.ranges.map((spec, seat) =>
    isSuitBlind(spec, input.handSize, `player_ranges.${input.state.activePlayers[seat]}`),
  );
  const expand = (spec: RangeSpec, seat: number, boardCards: ReadonlySet<number>, hero: readonly number[] | null) =>
    expandSpec(spec, {
      place: `player_ranges.${input.state.activePlayers[seat]}`,
      handSize: input.handSize,
      street: input.state.street,
      dead: boardCards,
      boards: input.boards,
      heroCards: seat === heroSeat ? hero : null,
      mayDraw: blind[seat] === true,
      random: Random.fromSeed(input.options.seed + seat),
    });
  const given = input.ranges.map((spec, seat) => (blind[seat] ? null : expand(spec, seat, dead, input.heroCards)));
  const suits = canonicalSuits(
    input.boards,
    input.heroCards,
    given.flatMap((range) => (range ? [range.hands] : [])),
    input.locks.length > 0 ? (map) => lockKey(renameLockSuits(input.locks, map)) : null,
  );
  const boards = input.boards.map((board) => mapCards(board, suits));
  const heroCards = input.heroCards && mapCards(input.heroCards, suits);
  const canonicalDead = new Set(boards.flat());
  // Players of whom the same is said share one list, which saves the most when nothing is said of many.
  const shared = new Map<string, ExpandedRange>();
  const expandBlind = (spec: RangeSpec, seat: number): ExpandedRange => {
    const key = JSON.stringify([spec, seat === heroSeat && heroCards]);
    const range = shared.get(key) ?? expand(spec, seat, canonicalDead, heroCards);
    shared.set(key, range);
    return range;
  };
  const ranges = given.map((range, seat): SpotRange => {
    const expanded = range ?? expandBlind(input.ranges[seat] ?? null, seat);
    return { ...expanded, hands: range ? mapHands(expanded.hands, suits) : expanded.hands };
  });
  const spot: Spot = {
    street: input.state.street,
    boards,
    handSize: input.handSize,
    players: input.state.activePlayers,
    root,
    ranges,
    hero: heroCards && { seat: heroSeat, cards: heroCards },
    options: { ...input.options, classes: input.options.classes && renameClassSuits(input.options.classes, suits) },
    locks: renameLockSuits(input.locks, suits),
  };
  return {
    spot,
    suits,
    boards: input.boards.map((board) => board.map(formatCard)),
    hash: hashSpot(
      spot,
      input.ranges.map((spec, seat) => (blind[seat] ? JSON.stringify(spec) : null)),
    ),
    speed: machineSpeed(),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function readRoot({ state, assumptions }: SolverInput): Spot["root"] {
  const root = rootState(state);
  return { ...root, assumptions: [...assumptions, ...root.assumptions] };
}

/**
 * MD5 of the canonical game. `texts` stand for ranges that treat suits alike. Time limits and the like are not part of it: they say how well it is to
 * be solved.
 */
function hashSpot(spot: Spot, texts: readonly (string | null)[]): string {
  const { betSizes, sizes, maxRaises, maxCombos, seed, classes } = spot.options;
  const hash = createHash("md5");
  const { state, toAct, minBet, aggressor } = spot.root;
  hash.update(
    JSON.stringify([
      HASH_VERSION,
      spot.street,
      spot.boards.map(formatCards),
      spot.handSize,
      spot.players,
      state,
      toAct,
      minBet,
      spot.hero && [spot.hero.seat, formatCards(spot.hero.cards)],
      betSizes,
      maxRaises,
      maxCombos,
      seed,
      // Rows of a report by other classes are another answer.
      ...(classes === null ? [] : [classes]),
      ...(spot.locks.length === 0 ? [] : ["locks", lockKey(spot.locks)]),
      // Without sizes by street or player nobody's bet is called a donk bet.
      ...(sizes === null ? [] : [{ sizes, aggressor }]),
    ]),
  );
  spot.ranges.forEach(({ hands, source }, seat) => {
    const text = texts[seat] ?? null;
    hash.update(`\nrange ${seat} ${text === null ? "" : `${text} ${source}`}\n`);
    if (text !== null) return;
    hash.update(hands.cards);
    hash.update(new Uint8Array(hands.weights.buffer, hands.weights.byteOffset, hands.weights.byteLength));
  });
  return hash.digest("hex");
}
