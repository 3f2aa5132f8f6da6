import type { z } from "zod";
import { isRecord } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { type Card, DECK_SIZE, firstDuplicate, formatCard, formatCards } from "../../poker/cards.js";
import { PokerError } from "../../poker/errors.js";
import type { HistoryEntry, HistoryType } from "../../poker/solver/spot/betting-history.js";
import { readClasses } from "../class-definitions.js";
import { misspelt, valueAt } from "../describe-issue.js";
import { checkNotation, checkRangePlayers, refuseUnknown } from "./check-ranges.js";
import {
  DEFAULT_MAX_RAISES,
  DEFAULT_TARGET,
  DEFAULT_TIME_LIMIT_SECONDS,
  ITERATIONS_TIME_LIMIT_SECONDS,
  type SolverInputData,
  solverInputSchema,
} from "./input-schema.js";
import { readLocks } from "./read-locks.js";
import { isBlank, readCardList, readRange } from "./read-range.js";
import { readSizes } from "./read-sizes.js";
import { STREETS } from "./sizes-schema.js";
import type { SolverInput } from "./solver-input.js";

const BOARD_CARDS = [0, 3, 4, 5] as const;
const HAND_SIZES = [4, 5, 6];

const ACTIONS: Readonly<Record<string, HistoryType>> = {
  fold: "fold",
  folds: "fold",
  f: "fold",
  check: "check",
  checks: "check",
  x: "check",
  k: "check",
  call: "call",
  calls: "call",
  c: "call",
  bet: "bet",
  bets: "bet",
  b: "bet",
  raise: "raise",
  raises: "raise",
  r: "raise",
  allin: "all-in",
  "all-in": "all-in",
  all_in: "all-in",
  "all in": "all-in",
  shove: "all-in",
  post: "post",
  posts: "post",
  blind: "post",
  sb: "post",
  bb: "post",
  small_blind: "post",
  big_blind: "post",
  ante: "post",
  straddle: "post",
};

/**
 * Reads the `input_data` of a solver analysis: the game state itself or `{"game_state": {…}}` with options beside it.
 *
 * @throws JobInputError that names the place and the offending value
 */
export function parseSolverInput(inputData: unknown): SolverInput {
  const data = flatten(inputData);
  const checked = solverInputSchema.safeParse(data);
  if (!checked.success) throw new JobInputError(describeIssues(checked.error.issues, data));
  refuseUnknown(checked.data);
  try {
    return readInput(checked.data);
  } catch (error) {
    if (error instanceof PokerError) throw new JobInputError(error.message, { cause: error });
    throw error;
  }
}

/** The game state with the options beside it. @throws JobInputError when it is no object */
export function flatten(inputData: unknown): unknown {
  if (typeof inputData !== "object" || inputData === null || !("game_state" in inputData)) return inputData;
  const { game_state: state, ...beside } = inputData;
  if (typeof state !== "object" || state === null) throw new JobInputError("game_state must be an object");
  return { ...beside, ...state };
}

/** `flops` of an input of either form, also of one that cannot be read otherwise; null for none. */
export function flopsOf(inputData: unknown): unknown {
  const beside = isRecord(inputData) ? inputData : {};
  const state = isRecord(beside.game_state) ? beside.game_state : {};
  return { ...beside, ...state }.flops ?? null;
}

const MOST_ISSUES = 5;
const MOST_VALUE_TEXT = 60;

/** What is expected at each place, and what stands there. */
function describeIssues(issues: readonly z.core.$ZodIssue[], data: unknown): string {
  const byPlace = new Map<string, string>();
  for (const { path, message } of issues) {
    const place = path.join(".") || "input_data";
    if (!byPlace.has(place)) byPlace.set(place, `${place}: ${message}, ${found(data, path)}`);
  }
  return [...byPlace.values()].slice(0, MOST_ISSUES).join("; ");
}

function found(data: unknown, path: readonly PropertyKey[]): string {
  const value = valueAt(data, path);
  if (value === undefined) return `but it is missing${misspelt(data, path)}`;
  const text = JSON.stringify(value);
  return `not ${text.length > MOST_VALUE_TEXT ? `${text.slice(0, MOST_VALUE_TEXT - 1)}…` : text}`;
}

function readInput(data: SolverInputData): SolverInput {
  const assumptions: string[] = [];
  const activePlayers = data.active_players ?? data.stack_sizes.map((_, player) => player);
  const playerToAct = data.player_position ?? activePlayers[0] ?? 0;
  if (data.player_position == null) assumptions.push(`player ${playerToAct} is to act: player_position is missing`);
  if (data.rake && data.rake.percent > 0 && data.rake.percent < SMALL_RAKE) {
    assumptions.push(`rake.percent ${data.rake.percent} is read as that part of a hundred: 5 is five percent`);
  }
  const boards = readBoards(data);
  const street = readStreet(data, boards);
  const heroCards =
    data.hero_cards == null || isBlank(data.hero_cards) ? null : readCardList(data.hero_cards, "hero_cards");
  assumptions.push(...checkRangePlayers(data, activePlayers));
  const ranges = activePlayers.map((player) =>
    readRange(data.player_ranges?.[String(player)] ?? null, `player_ranges.${player}`),
  );
  activePlayers.forEach((player, seat) => {
    if (data.player_ranges?.[String(player)] != null && ranges[seat] === null) {
      assumptions.push(`player_ranges.${player} is empty: the default range is taken`);
    }
  });
  const handSize = readHandSize(data, heroCards, ranges);
  ranges.forEach((range, seat) => {
    checkNotation(range, handSize, `player_ranges.${activePlayers[seat]}`);
  });
  if (heroCards) checkHero(heroCards, handSize, boards);
  checkDeck(activePlayers.length, handSize, boards);
  const { betSizes, sizes, notes } = readSizes(data, { street, players: activePlayers });
  assumptions.push(...notes);
  return {
    state: {
      street,
      activePlayers,
      playerToAct,
      stacks: data.stack_sizes,
      pot: data.pot_size,
      potIncludesBets: data.pot_includes_bets ?? true,
      currentBet: data.current_bet ?? null,
      history: (data.betting_history ?? []).map(readHistoryEntry),
      streetBets: data.street_bets ?? null,
      bigBlind: data.big_blind ?? null,
      lastAggressor: data.last_aggressor ?? null,
      ...readRake(data.rake),
    },
    boards,
    handSize,
    ranges,
    heroCards,
    options: {
      betSizes,
      sizes,
      maxRaises: data.max_raises ?? DEFAULT_MAX_RAISES,
      maxCombos: data.max_combos ?? null,
      seed: data.seed ?? 1,
      treeDepth: data.tree_depth ?? null,
      fullStrategy: data.full_strategy ?? false,
      classes: data.classes == null ? null : readClasses(data.classes, handSize),
    },
    locks: readLocks(data.locks ?? [], handSize),
    request: readRequest(data),
    useCache: data.use_cache ?? true,
    estimate: data.estimate ?? false,
    assumptions,
  };
}

/** Percent below which a fraction of the pot may have been meant. */
const SMALL_RAKE = 0.5;

/** A table where nothing is taken is one without rake. */
function readRake(rake: SolverInputData["rake"]): Pick<SolverInput["state"], "rake"> {
  if (!rake || rake.percent === 0 || rake.cap === 0) return {};
  return { rake: { percent: rake.percent, cap: rake.cap ?? null, noFlopNoDrop: rake.no_flop_no_drop ?? true } };
}

function readRequest(data: SolverInputData): SolverInput["request"] {
  const iterations = data.iterations ?? null;
  return {
    iterations,
    targetExploitability: data.target_exploitability ?? (iterations === null ? DEFAULT_TARGET : null),
    timeLimitSeconds:
      data.time_limit_seconds ?? (iterations === null ? DEFAULT_TIME_LIMIT_SECONDS : ITERATIONS_TIME_LIMIT_SECONDS),
  };
}

function readBoards(data: SolverInputData): Card[][] {
  const first = readCardList(data.board ?? [], "board");
  const second = readCardList(data.board2 ?? [], "board2");
  const count = data.num_boards ?? (second.length > 0 ? 2 : 1);
  if (count === 1 && second.length > 0) throw new JobInputError("num_boards is 1 but board2 has cards");
  const boards = count === 2 ? [first, second] : [first];
  if (count === 2 && second.length !== first.length) {
    throw new JobInputError(
      `board has ${first.length} cards and board2 ${second.length}: both boards must be on the same street`,
    );
  }
  for (const board of boards) {
    if (!BOARD_CARDS.some((cards) => cards === board.length)) {
      throw new JobInputError(`a board has 0, 3, 4 or 5 cards, not ${board.length} (${formatCards(board)})`);
    }
  }
  const twice = firstDuplicate(sameCards(first, second) && first.length === 5 ? first : boards.flat());
  if (twice !== undefined) throw new JobInputError(`card ${formatCard(twice)} lies twice on the board`);
  return boards;
}

/** Two complete boards of the same cards are one board: no deal makes them, but they have a right answer. */
function sameCards(first: readonly Card[], second: readonly Card[]): boolean {
  return second.length > 0 && first.length === second.length && first.every((card) => second.includes(card));
}

function readStreet(data: SolverInputData, boards: readonly (readonly Card[])[]): number {
  const cards = boards[0]?.length ?? 0;
  const byBoard = BOARD_CARDS.indexOf(cards as 0);
  if (data.street == null || data.street === "") return byBoard;
  const word = data.street.trim().toLowerCase().replace("pre-flop", "preflop");
  const street = STREETS.indexOf(word as "river");
  if (street < 0) throw new JobInputError(`street: ${JSON.stringify(data.street)} is not preflop, flop, turn or river`);
  if (street !== byBoard) {
    throw new JobInputError(`street is ${word} but the board has ${cards} cards instead of ${BOARD_CARDS[street]}`);
  }
  return street;
}

function readHandSize(data: SolverInputData, hero: readonly Card[] | null, ranges: SolverInput["ranges"]): number {
  const listed = ranges.flatMap((range) =>
    (range ?? []).flatMap((part) => (part.kind === "hand" ? [part.cards.length] : [])),
  );
  const [size, place] =
    data.num_cards != null
      ? [data.num_cards, "num_cards"]
      : hero
        ? [hero.length, "hero_cards"]
        : [listed[0] ?? 4, "player_ranges"];
  if (!HAND_SIZES.includes(size)) {
    throw new JobInputError(`${place}: the solver plays Omaha with 4, 5 or 6 hole cards, not ${size}`);
  }
  return size;
}

function checkHero(hero: readonly Card[], handSize: number, boards: readonly (readonly Card[])[]): void {
  if (hero.length !== handSize) {
    throw new JobInputError(`hero_cards ${formatCards(hero)} has ${hero.length} cards instead of ${handSize}`);
  }
  const twice = firstDuplicate([...hero, ...new Set(boards.flat())]);
  if (twice !== undefined)
    throw new JobInputError(`hero_cards ${formatCards(hero)}: card ${formatCard(twice)} occurs twice`);
}

function checkDeck(players: number, handSize: number, boards: readonly (readonly Card[])[]): void {
  const toCome = boards.reduce((sum, board) => sum + 5 - board.length, 0);
  const needed = players * handSize + new Set(boards.flat()).size + toCome;
  if (needed <= DECK_SIZE) return;
  const board = boards.length === 1 ? "a board" : `${boards.length} boards`;
  throw new JobInputError(
    `${players} players with ${handSize} cards and ${board} need ${needed} cards of ${DECK_SIZE}`,
  );
}

function readHistoryEntry(entry: NonNullable<SolverInputData["betting_history"]>[number], index: number): HistoryEntry {
  const place = `betting_history[${index}]`;
  const [player, action, amount] = Array.isArray(entry) ? entry : [entry.player, entry.action, entry.amount ?? null];
  const id = Number(player);
  if (!Number.isInteger(id) || id < 0)
    throw new JobInputError(`${place}: ${JSON.stringify(player)} is not a player id`);
  const type = ACTIONS[String(action).trim().toLowerCase()];
  if (type === undefined) throw new JobInputError(`${place}: ${JSON.stringify(action)} is not an action`);
  const chips = amount === null || amount === undefined || amount === "" ? null : Number(amount);
  if (chips !== null && !(chips >= 0 && chips <= 1e12)) {
    throw new JobInputError(`${place}: ${JSON.stringify(amount)} is not an amount of chips`);
  }
  return { player: id, type, amount: chips };
}
