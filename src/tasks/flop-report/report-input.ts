import { z } from "zod";
import { isRecord } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { type Card, deckWithout, firstDuplicate, formatCard, formatCards, parseCards } from "../../poker/cards.js";
import { PokerError } from "../../poker/errors.js";
import type { WeightedFlop } from "../../poker/flops.js";
import type { SolverInput } from "../solver-analysis/solver-input.js";

const FLOP_CARDS = 3;
/** All flops of a deck. */
const MOST_FLOPS = 22_100;

const FLOPS_TEXT = `flops is "all", {"sample": 25} or a list such as ["Ks8h7d", {"flop": "QcJc4h", "weight": 2}]: at most ${MOST_FLOPS}`;

const count = z.int().min(1).max(MOST_FLOPS);
const listed = z.union([
  z.string(),
  z.strictObject({ flop: z.string(), weight: z.number().gt(0).max(1e9).optional() }),
]);

/** `flops` of a solver analysis: the spot is solved on each of them. */
export const flopsSchema = z
  .union(
    [z.literal("all"), z.strictObject({ sample: count, seed: z.int().min(0).optional() }), z.array(listed).min(1)],
    {
      error: FLOPS_TEXT,
    },
  )
  .describe("Solves the spot on many flops instead of one board: a report with a row for each");

export type FlopChoice =
  | { readonly kind: "all" }
  | { readonly kind: "sample"; readonly count: number; readonly seed: number }
  | { readonly kind: "listed"; readonly flops: readonly WeightedFlop[] };

/** A report over flops, read. */
export interface ReportInput {
  readonly kind: "flop-report";
  readonly choice: FlopChoice;
  readonly boards: 1 | 2;
  /** The spot on one of its flops. */
  readonly example: SolverInput;
  /** The spot's input on any flop, as text of a row names it. */
  readonly on: (flop: string) => SolverInput;
}

/** Reads a spot's input. */
export type ReadSpot = (data: Readonly<Record<string, unknown>>) => SolverInput;

/**
 * Reads a report: a spot on the flop without a board, and `flops`.
 * @throws JobInputError that names what is wrong
 */
export function parseReport(data: Readonly<Record<string, unknown>>, readSpot: ReadSpot): ReportInput {
  const { flops: asked, board, board2, num_boards: numBoards, street, ...spot } = data;
  const flops = flopsSchema.safeParse(asked);
  if (!flops.success) throw new JobInputError(FLOPS_TEXT);
  if (!isEmpty(board) || !isEmpty(board2))
    throw new JobInputError("a report has flops and no board: leave out one of them");
  if (street != null && street !== "" && street !== "flop")
    throw new JobInputError(`street: a report is about flops, not ${JSON.stringify(street)}`);
  if (spot.estimate === true || spot.estimate === 1)
    throw new JobInputError("estimate is of one board: leave out flops and give the board of one of them");
  const choice = readChoice(flops.data);
  const boards = boardsOf(choice, numBoards);
  const on = (flop: string): SolverInput => readSpot({ ...spot, ...boardsAsData(readFlop(flop)) });
  const example = on(
    flopText(choice.kind === "listed" ? firstOf(choice.flops) : anyFlop(boards, heroOf(spot, readSpot))),
  );
  if (choice.kind === "listed") checkHero(choice.flops, example.heroCards ?? []);
  return { kind: "flop-report", choice, boards, example, on };
}

/** The flop as rows and reports name it: `Ks8h7d`, of two boards `Ks8h7d/Qc4c2h`; high cards first. */
export function flopText(boards: readonly (readonly Card[])[]): string {
  return boards.map((board) => formatCards([...board].sort((a, b) => b - a))).join("/");
}

function readChoice(flops: z.infer<typeof flopsSchema>): FlopChoice {
  if (flops === "all") return { kind: "all" };
  if (!Array.isArray(flops)) return { kind: "sample", count: flops.sample, seed: flops.seed ?? 1 };
  if (flops.length > MOST_FLOPS) throw new JobInputError(`flops: at most ${MOST_FLOPS} are allowed`);
  const seen = new Set<string>();
  const read = flops.map((entry) => {
    const { flop, weight = 1 } = typeof entry === "string" ? { flop: entry } : entry;
    const boards = readFlop(flop);
    const text = flopText(boards);
    if (seen.has(text)) throw new JobInputError(`flops: ${text} is listed twice: give it a weight instead`);
    seen.add(text);
    return { boards, weight };
  });
  const [first] = read;
  const other = read.find(({ boards }) => boards.length !== first?.boards.length);
  if (other) throw new JobInputError("flops: all of them have one board, or all of them two");
  return { kind: "listed", flops: read };
}

function readFlop(text: string): Card[][] {
  const boards = text.split("/").map((board) => {
    try {
      return parseCards(board);
    } catch (error) {
      if (error instanceof PokerError) throw new JobInputError(`flops: ${error.message}`, { cause: error });
      throw error;
    }
  });
  const wrong = boards.find(({ length }) => length !== FLOP_CARDS);
  if (wrong !== undefined || boards.length > 2)
    throw new JobInputError(
      `flops: ${JSON.stringify(text)} is no flop: three cards, or three and three as in "Ks8h7d/Qc4c2h"`,
    );
  const twice = firstDuplicate(boards.flat());
  if (twice !== undefined) throw new JobInputError(`flops: card ${formatCard(twice)} lies twice in ${text}`);
  return boards;
}

function boardsOf(choice: FlopChoice, asked: unknown): 1 | 2 {
  const given = asked == null ? null : Number(asked);
  const listedBoards = choice.kind === "listed" ? firstOf(choice.flops).length : null;
  const boards = given ?? listedBoards ?? 1;
  if (boards !== 1 && boards !== 2)
    throw new JobInputError(`num_boards: 1 or 2 is expected, not ${JSON.stringify(asked)}`);
  if (listedBoards !== null && listedBoards !== boards)
    throw new JobInputError(`num_boards is ${boards} but the flops have ${listedBoards}`);
  if (choice.kind === "all" && boards === 2)
    throw new JobInputError('flops: there are too many pairs of flops for "all": list some, or ask for {"sample": 50}');
  return boards;
}

function boardsAsData(boards: readonly (readonly Card[])[]): Readonly<Record<string, unknown>> {
  const [board = [], board2] = boards.map((cards) => formatCards(cards));
  return { board, ...(board2 === undefined ? {} : { board2, num_boards: 2 }) };
}

/** The hero's cards of a spot whose board is not known yet: read before the flop, where none can clash. */
function heroOf(spot: Readonly<Record<string, unknown>>, readSpot: ReadSpot): readonly Card[] {
  return spot.hero_cards == null ? [] : (readSpot({ ...spot, street: "preflop" }).heroCards ?? []);
}

function anyFlop(boards: number, hero: readonly Card[]): Card[][] {
  const deck = deckWithout(hero);
  return Array.from({ length: boards }, (_, board) => deck.slice(board * FLOP_CARDS, (board + 1) * FLOP_CARDS));
}

function checkHero(flops: readonly WeightedFlop[], hero: readonly Card[]): void {
  for (const { boards } of flops) {
    const card = boards.flat().find((one) => hero.includes(one));
    if (card !== undefined)
      throw new JobInputError(`flops: ${flopText(boards)} holds ${formatCard(card)} of the hero's hand`);
  }
}

function firstOf(flops: readonly WeightedFlop[]): readonly (readonly Card[])[] {
  const [first] = flops;
  if (first === undefined) throw new JobInputError("flops: at least one is expected");
  return first.boards;
}

function isEmpty(cards: unknown): boolean {
  if (cards === undefined || cards === null) return true;
  if (typeof cards === "string" || Array.isArray(cards)) return cards.length === 0;
  return isRecord(cards) && Object.keys(cards).length === 0;
}
