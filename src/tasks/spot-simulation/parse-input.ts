import { JobInputError } from "../../jobs/errors.js";
import { type Card, DECK_SIZE, formatCard, parseCards } from "../../poker/cards.js";
import { CardError, plural, RangeSyntaxError } from "../../poker/errors.js";
import { parseRange } from "../../poker/ranges/parse-range.js";
import { RAKE_KEYS } from "../chips-input.js";
import { describeIssue } from "../describe-issue.js";
import { refuseUnknownKeys } from "../unknown-keys.js";
import { DEFAULT_RUNS, IGNORED_SPOT_KEYS, PLAYER_KEYS, type SpotInputData, spotInputSchema } from "./input-schema.js";
import { isCardText, readCard, readCards } from "./read-cards.js";
import { knownCards, type PlayerHand, type SpotInput, type SpotPlayer, type Stake } from "./spot-input.js";

const HAND_SIZES = [4, 5, 6];
const DEFAULT_HAND_SIZE = 4;
const LARGEST_HAND = 6;
const BOARD_SIZE = 5;

/**
 * Reads the `input_data` of a spot simulation in every form the backend writes.
 * @throws JobInputError that names the place and the offending value
 */
export function parseSpotInput(inputData: unknown): SpotInput {
  const checked = spotInputSchema.safeParse(inputData);
  if (!checked.success) throw new JobInputError(describeIssue(checked.error.issues[0], inputData, unionHint));
  const data = checked.data;
  refuseUnknownKeys(data, { known: Object.keys(spotInputSchema.shape), ignored: IGNORED_SPOT_KEYS });
  data.players.forEach((player, i) => {
    if (!Array.isArray(player)) refuseUnknownKeys(player, PLAYER_KEYS, `players[${i}]`);
  });
  if (data.rake) refuseUnknownKeys(data.rake, RAKE_KEYS, "rake");
  const drafts = data.players.map(readPlayer);
  const handSize = handSizeOf(drafts, data.num_cards);
  const players = drafts.map((draft, i): SpotPlayer => {
    const hand = finishHand(draft, handSize, `players[${i}]`);
    return { playerNumber: draft.playerNumber ?? i + 1, hand };
  });
  const input = {
    handSize,
    players,
    boards: readBoards(data),
    folded: readCards(data.folded_cards, "folded_cards"),
    runs: data.simulation_runs ?? data.iterations ?? DEFAULT_RUNS,
    randomOpponents: data.random_opponents ?? 1,
    targetStandardError: data.target_standard_error ?? null,
  };
  refuseDuplicates(input);
  refuseTooMany(input);
  return { ...input, seed: data.seed ?? seedOf(input), stake: readStake(data) };
}

/** All cards are dealt, so that the whole pot is raked, also before the flop. */
function readStake({ pot_size: pot, rake }: SpotInputData): Stake | null {
  if (pot == null) {
    if (rake == null) return null;
    throw new JobInputError("rake needs pot_size: the chips that are played for");
  }
  const taken = rake == null ? 0 : Math.min(rake.cap ?? pot, (pot * rake.percent) / 100);
  return { pot, rake: taken };
}

/** A hand as read, before the size of hands is known. */
interface Draft {
  readonly playerNumber: number | undefined;
  /** Undefined for a range. */
  readonly cards: readonly (Card | null)[] | undefined;
  readonly range: string | undefined;
}

function readPlayer(player: SpotInputData["players"][number], i: number): Draft {
  const place = `players[${i}]`;
  const cards = Array.isArray(player) ? player : player.cards;
  const number = Array.isArray(player) ? undefined : player.player_number;
  const playerNumber = readPlayerNumber(number);
  if (typeof cards === "string") return { playerNumber, ...readText(cards) };
  if (cards.some(Array.isArray)) return { playerNumber, ...readHands(cards, joinHands(cards, place)) };
  const texts = cards.map((card) => (typeof card === "string" ? card : ""));
  if (!texts.every(isCardText) && texts.some((text) => text.trim().length > 3)) {
    return { playerNumber, ...readHands(cards, texts.join(",")) };
  }
  return { playerNumber, cards: texts.map((text, j) => readCard(text, `${place}.cards[${j}]`)), range: undefined };
}

/** Only shown to the user, so that an odd one is no reason to refuse a job. */
function readPlayerNumber(number: unknown): number | undefined {
  const value = typeof number === "string" && /^\d+$/u.test(number) ? Number(number) : number;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

/** A list of one hand is that hand. */
function readHands(hands: readonly unknown[], text: string): Pick<Draft, "cards" | "range"> {
  return hands.length === 1 ? readText(text) : { cards: undefined, range: text };
}

/** Text is a hand when it can be read as one, else a range. Commas in a hand stand between single cards. */
function readText(text: string): Pick<Draft, "cards" | "range"> {
  const parts = text.split(",");
  if (parts.length > 1 && (parts.length > LARGEST_HAND || !parts.every(isCardText)))
    return { cards: undefined, range: text };
  try {
    const cards = parseCards(text);
    // Fewer cards are a range of the hands that hold them; more are refused as a hand.
    if (cards.length === 0 || cards.length >= DEFAULT_HAND_SIZE) return { cards, range: undefined };
  } catch (error) {
    if (!(error instanceof CardError)) throw error;
  }
  return { cards: undefined, range: text };
}

/** A list of hands as a range: hands between commas. */
function joinHands(hands: readonly (string | null | readonly (string | null)[])[], place: string): string {
  return hands
    .map((hand, i) => {
      if (typeof hand === "string") return hand;
      return readCards(hand, `${place}.cards[${i}]`).map(formatCard).join("");
    })
    .join(",");
}

function handSizeOf(drafts: readonly Draft[], asked: number | null | undefined): number {
  let size = asked ?? undefined;
  for (const [i, { cards }] of drafts.entries()) {
    if (cards === undefined || cards.length === 0) continue;
    if (!HAND_SIZES.includes(cards.length)) {
      const held = plural(cards.length, "card");
      throw new JobInputError(
        `players[${i}]: a hand has 4, 5 or 6 cards, not ${held} (${showCards(cards)}); unknown cards are written as ""`,
      );
    }
    if (size !== undefined && cards.length !== size) {
      throw new JobInputError(
        `players[${i}]: a hand of ${cards.length} cards (${showCards(cards)}) among hands of ${size}`,
      );
    }
    size = cards.length;
  }
  return size ?? DEFAULT_HAND_SIZE;
}

function finishHand(draft: Draft, handSize: number, place: string): PlayerHand {
  if (draft.range === undefined) {
    const cards = draft.cards ?? [];
    return { kind: "cards", cards: cards.length === 0 ? new Array<null>(handSize).fill(null) : cards };
  }
  const cards = readUnknowns(draft.range, place);
  if (cards?.length === handSize) return { kind: "cards", cards };
  try {
    return { kind: "range", range: parseRange(draft.range, handSize) };
  } catch (error) {
    if (error instanceof RangeSyntaxError) throw new JobInputError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Cards of which some are written `x`, such as `AsKsxx`; undefined for other text. */
function readUnknowns(text: string, place: string): (Card | null)[] | undefined {
  const parts = text.match(/x|(?:10|[2-9tjqka])[shdc♠♥♦♣]/giu);
  if (parts === null || parts.join("") !== text.trim()) return undefined;
  return parts.map((part) => (isUnknown(part) ? null : readCard(part, place)));
}

const isUnknown = (part: string): boolean => part === "x" || part === "X";

/** One board when the input speaks of one only. */
function readBoards(data: SpotInputData): Card[][] {
  const isFilled = (cards: CardsField): boolean => cards !== null && cards !== undefined && cards.length > 0;
  const hasOwn = (cards: CardsField): boolean => cards !== null && cards !== undefined;
  if (isFilled(data.board) && isFilled(data.top_board)) {
    throw new JobInputError(
      `board ${JSON.stringify(data.board)} and top_board ${JSON.stringify(data.top_board)} are both given`,
    );
  }
  const top = isFilled(data.board) ? (["board", data.board] as const) : (["top_board", data.top_board] as const);
  const boards = [readBoard(top[1], top[0])];
  if (hasOwn(data.bottom_board)) boards.push(readBoard(data.bottom_board, "bottom_board"));
  return boards;
}

type CardsField = SpotInputData["board"];

function readBoard(text: CardsField, place: string): Card[] {
  const cards = readCards(text, place);
  if (cards.length > BOARD_SIZE) {
    throw new JobInputError(`${place}: a board has at most 5 cards, not ${cards.length} (${showCards(cards)})`);
  }
  return cards;
}

type Draw = Pick<SpotInput, "handSize" | "players" | "boards" | "folded" | "randomOpponents">;

function refuseDuplicates({ players, boards, folded }: Draw): void {
  const seen = new Map<Card, string>();
  const use = (cards: readonly Card[], place: string): void => {
    for (const card of cards) {
      const before = seen.get(card);
      if (before !== undefined) {
        const where = before === place ? ` in ${place}` : `: in ${before} and in ${place}`;
        throw new JobInputError(`card "${formatCard(card)}" occurs twice${where}`);
      }
      seen.set(card, place);
    }
  };
  for (const [i, { hand }] of players.entries()) use(knownCards(hand), `players[${i}]`);
  for (const [i, board] of boards.entries()) use(board, i === 0 ? "the top board" : "the bottom board");
  use(folded, "folded_cards");
}

function refuseTooMany({ handSize, players, boards, folded, randomOpponents }: Draw): void {
  const seats = Math.max(2, players.length);
  const actual = seats * handSize + boards.length * BOARD_SIZE + folded.length;
  if (actual > DECK_SIZE) {
    throw new JobInputError(
      `${seats} hands of ${handSize} cards, ${plural(boards.length, "board")} and ${plural(folded.length, "folded card")} need ${actual} cards; a deck has 52`,
    );
  }
  const estimated = (1 + randomOpponents) * handSize + BOARD_SIZE + folded.length;
  if (estimated > DECK_SIZE) {
    throw new JobInputError(
      `random_opponents ${randomOpponents}: ${plural(1 + randomOpponents, "hand")} of ${handSize} cards, a board and ${plural(folded.length, "folded card")} need ${estimated} cards; a deck has 52`,
    );
  }
}

/** FNV-1a over the spot, so that equal spots get equal numbers and different spots different deals. */
function seedOf(spot: unknown): number {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(spot)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

const showCards = (cards: readonly (Card | null)[]): string =>
  cards.map((card) => (card === null ? "?" : formatCard(card))).join(" ");

function unionHint(path: string): string {
  if (/^players\[\d+\]/u.test(path)) return "expected a list of cards, or an object with cards";
  if (/board|cards/u.test(path)) return "expected a list of cards";
  return "expected a whole number";
}
