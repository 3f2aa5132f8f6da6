import { z } from "zod";
import { JobInputError } from "../../jobs/errors.js";
import { type Card, parseCards } from "../../poker/cards.js";
import { CardError, inPlace } from "../../poker/errors.js";
import { parseRange } from "../../poker/ranges/parse-range.js";
import { isWeighted } from "../../poker/ranges/range-tree.js";
import type { ListedHand, Lock, LockHands, LockStep } from "../../poker/solver/spot/lock.js";
import { number } from "../chips-input.js";

const MOST_LOCKS = 500;
const FREQUENCY_TEXT = "a frequency from 0 to 1 is expected";
const frequency = number.pipe(z.number(FREQUENCY_TEXT).min(0, FREQUENCY_TEXT).max(1, FREQUENCY_TEXT));
const LOCK_TEXT =
  'a lock is {"path": "check", "hands": "@set", "strategy": {"check": 0.4, "bet 100": 0.6}}; see docs/solver.md';

const lockSchema = z.looseObject(
  {
    path: z
      .string()
      .nullish()
      .describe(
        'Actions (and dealt cards, or *) from the root, as of celery view: "check, bet 100"; default: the root',
      ),
    player: number.pipe(z.int()).nullish().describe("Player who acts there, to be sure"),
    hands: z
      .union([z.string(), z.array(z.string())])
      .nullish()
      .describe("Range notation, one hand, or a list of them; default: all hands"),
    class: z.string().nullish().describe("Instead of hands: a class of the result's table, by its name"),
    strategy: z
      .record(z.string(), frequency, "frequencies of actions by their labels are expected")
      .describe("Frequency of each action by its label; of others 0. They sum to 1"),
  },
  LOCK_TEXT,
);

/** `locks` of a solver's input. */
export const locksSchema = z
  .array(lockSchema, "a list of locks is expected")
  .max(MOST_LOCKS, `at most ${MOST_LOCKS} locks are allowed`)
  .describe("Play that is given instead of found: what hands do at a node");

export const LOCK_KEYS = { known: Object.keys(lockSchema.shape) };

/** How far frequencies may be from a sum of 1. */
const SUM_SLACK = 1e-6;

/** @throws JobInputError or SolverInputError that names the lock */
export function readLocks(data: z.infer<typeof locksSchema>, handSize: number): Lock[] {
  return data.map((lock, index): Lock => {
    const place = `locks[${index}]`;
    const strategy = Object.entries(lock.strategy);
    const sum = strategy.reduce((total, [, share]) => total + share, 0);
    if (Math.abs(sum - 1) > SUM_SLACK) {
      throw new JobInputError(`${place}.strategy: the frequencies sum to ${Number(sum.toFixed(6))}, not to 1`);
    }
    return {
      place,
      path: readPath(lock.path ?? "", `${place}.path`),
      player: lock.player ?? null,
      hands: readHands(lock, place, handSize),
      strategy,
      written: { path: lock.path ?? "", hands: lock.class ?? textOf(lock.hands) },
    };
  });
}

const CARDS = /^(?:10|[2-9tjqka])[shdc♠♥♦♣](?:\/(?:10|[2-9tjqka])[shdc♠♥♦♣])?$/iu;

function readPath(path: string, place: string): LockStep[] {
  return path
    .split(",")
    .map((step) => step.trim())
    .filter((step) => step !== "")
    .map((text): LockStep => {
      if (text === "*") return { kind: "deal", cards: null, text };
      if (!CARDS.test(text)) return { kind: "action", text: text.toLowerCase() };
      return { kind: "deal", cards: inPlace(place, () => text.split("/").flatMap(parseCards)), text };
    });
}

type LockData = z.infer<typeof lockSchema>;

function textOf(hands: LockData["hands"]): string | null {
  return Array.isArray(hands) ? hands.join(",") : (hands ?? null);
}

function readHands({ hands, class: name }: LockData, place: string, handSize: number): LockHands {
  if (hands != null && name != null) throw new JobInputError(`${place}: hands and class are both given`);
  if (name != null) return { kind: "class", name };
  const text = textOf(hands);
  if (text === null) return { kind: "all" };
  if (text.trim() === "") throw new JobInputError(`${place}.hands is empty: leave it out to lock all hands`);
  const { root } = inPlace(`${place}.hands`, () => parseRange(text, handSize));
  if (isWeighted(root)) throw new JobInputError(`${place}.hands: a lock has no weights: give it another strategy`);
  return { kind: "range", root, listed: listed(text, handSize) };
}

/** Hands that are written card by card. */
function listed(text: string, handSize: number): ListedHand[] {
  return text.split(",").flatMap((part) => {
    const cards = cardsIn(part);
    return cards?.length === handSize ? [{ cards: cards.sort((a, b) => a - b), text: part.trim() }] : [];
  });
}

function cardsIn(text: string): Card[] | null {
  try {
    return parseCards(text);
  } catch (error) {
    if (error instanceof CardError) return null;
    throw error;
  }
}
