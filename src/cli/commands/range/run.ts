import { JobInputError } from "../../../jobs/errors.js";
import { type Card, firstDuplicate, formatCard, formatCards, parseCards } from "../../../poker/cards.js";
import { CATEGORY_LIST } from "../../../poker/categories/names.js";
import { choose } from "../../../poker/combinatorics.js";
import { PokerError } from "../../../poker/errors.js";
import { compileClasses } from "../../../poker/ranges/class-view.js";
import { describeRange } from "../../../poker/ranges/describe-range.js";
import { expandRange, type RangeHands } from "../../../poker/ranges/expand-range.js";
import { parseRange, readParts } from "../../../poker/ranges/parse-range.js";
import type { Range } from "../../../poker/ranges/range-tree.js";
import { readClasses } from "../../../tasks/class-definitions.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { readView } from "../../session/view-file.js";
import { Output } from "../../terminal/output.js";
import { readText } from "../../terminal/read-text.js";
import { csvOfHands, exportHands, printRange, type RangeReading } from "./text.js";

/** Flags of `celery range`. */
export interface RangeFlags extends GlobalFlags {
  readonly board?: string;
  readonly board2?: string;
  readonly dead?: string;
  readonly cards?: number;
  readonly examples?: number;
  readonly view?: string;
  readonly export?: boolean;
  readonly csv?: boolean;
  readonly categories?: boolean;
  readonly json?: boolean;
}

/** Parts that are counted apart. */
const MOST_PARTS = 20;

/** Prints how a range is read. */
export async function showRange(text: string | undefined, flags: RangeFlags): Promise<void> {
  const output = new Output(flags);
  if (flags.categories === true) {
    listCategories(output, flags);
    return;
  }
  if (text === undefined) throw new CliError('give a range such as "15%!AA", or --categories', EXIT_USAGE);
  try {
    const source = await rangeText(text);
    const { boards, dead } = readCards(flags);
    const range = parseRange(source, flags.cards ?? 4);
    const hands = expandRange(range, dead, { boards });
    if (flags.export === true) output.line(exportHands(hands));
    else if (flags.csv === true) for (const row of csvOfHands(hands)) output.line(row);
    else {
      const classes = flags.view === undefined ? [] : await countClasses(flags.view, hands, boards);
      show(output, readingOf(range, hands, boards, dead, flags, classes), flags);
    }
  } catch (error) {
    throw error instanceof PokerError || error instanceof JobInputError
      ? new CliError(error.message, EXIT_USAGE, { cause: error })
      : error;
  }
}

function show(output: Output, reading: RangeReading, flags: RangeFlags): void {
  if (flags.json === true) output.json(reading);
  else printRange(output, reading);
}

/** A range's text as a command line gives it: itself, `file:<path>`, or `-` for standard input. */
async function rangeText(argument: string): Promise<string> {
  if (argument === "-") return (await readText("-")).trim();
  if (!argument.startsWith("file:")) return argument;
  return (await readText(argument.slice("file:".length))).trim();
}

function listCategories(output: Output, flags: RangeFlags): void {
  if (flags.json === true) output.json(CATEGORY_LIST);
  else {
    output.table(
      ["CATEGORY", "KIND", "ALSO", "MEANING"],
      CATEGORY_LIST.map(({ name, group, aliases, meaning }) => [
        `@${name}`,
        group,
        aliases.map((alias) => `@${alias}`).join(" "),
        meaning,
      ]),
    );
    output.line();
    output.line(
      "@wrap13, @outs8: wraps, straight draws by the number of cards that make one; with + that many or more.",
    );
    output.line("@set+: as strong as the weakest set, or stronger; + goes with every made hand.");
    output.line("On two boards @set is a set on either; @set.1, @set.2 and @set.both ask for one or both.");
  }
}

function readCards(flags: RangeFlags): { readonly boards: Card[][]; readonly dead: Card[] } {
  const boards = [flags.board ?? "", flags.board2 ?? ""].map(parseCards);
  const used = boards[1]?.length === 0 ? boards.slice(0, 1) : boards;
  const dead = [...boards.flat(), ...parseCards(flags.dead ?? "")];
  const twice = firstDuplicate(dead);
  if (twice !== undefined)
    throw new CliError(`card ${formatCard(twice)} stands twice on the boards and in --dead`, EXIT_USAGE);
  return { boards: used, dead };
}

function readingOf(
  range: Range,
  hands: RangeHands,
  boards: readonly (readonly Card[])[],
  dead: readonly Card[],
  flags: RangeFlags,
  classes: RangeReading["classes"],
): RangeReading {
  const { handSize, source } = range;
  const parts = readParts(source, handSize);
  const all = choose(52 - dead.length, handSize);
  const weighted = hands.weights?.reduce((sum, weight) => sum + weight, 0);
  return {
    range: source.length > 500 ? `${source.slice(0, 499)}…` : source,
    hand_size: handSize,
    boards: boards.map((board) => board.map(formatCard)),
    read_as: describeRange(range.root),
    hands: hands.count,
    ...(weighted === undefined ? {} : { weight: weighted }),
    of_hands: all,
    classes,
    parts:
      parts.length < 2 || parts.length > MOST_PARTS
        ? []
        : parts.map(({ text, root }) => ({
            part: text,
            hands: expandRange({ source: text, handSize, root }, dead, { boards }).count,
            read_as: describeRange(root),
          })),
    examples: examplesOf(hands, flags.examples ?? 8),
  };
}

/** How many hands of a range each class of a view has, and what they weigh. */
async function countClasses(
  file: string,
  { cards, count, handSize, weights }: RangeHands,
  boards: readonly (readonly Card[])[],
): Promise<RangeReading["classes"]> {
  const view = compileClasses(readClasses(await readView(file), handSize, file), boards);
  const rows = view.names.map((name) => ({ name, hands: 0, weight: 0 }));
  for (let hand = 0; hand < count; hand++) {
    const row = rows[view.placeOf(cards.subarray(hand * handSize, (hand + 1) * handSize))];
    if (row === undefined) continue;
    row.hands++;
    row.weight += weights?.[hand] ?? 1;
  }
  return rows;
}

/** Hands spread evenly over the list, cards of each from high to low. */
function examplesOf({ cards, count, handSize, weights }: RangeHands, wanted: number): string[] {
  const shown = Math.min(count, wanted);
  return Array.from({ length: shown }, (_, i) => {
    const hand = Math.floor(((i + 0.5) * count) / shown);
    const text = formatCards([...cards.subarray(hand * handSize, (hand + 1) * handSize)].reverse());
    return weights === undefined ? text : `${text}@${Number((weights[hand] ?? 1).toPrecision(6))}`;
  });
}
