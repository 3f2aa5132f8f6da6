import { z } from "zod";

/** A number, or its digits as text. */
export const number = z.preprocess(
  (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
  z.number("a number is expected"),
);
export const chips = number.pipe(z.number().min(0, "chips cannot be negative").max(1e12, "at most 1e12 chips"));
export const above0 = (most: number, what: string) => {
  const expected = `${what} above 0 and at most ${most} is expected`;
  return number.pipe(z.number().gt(0, expected).max(most, expected));
};
export const flag = z.preprocess(
  (value) => (value === 0 || value === 1 ? value === 1 : value),
  z.boolean("true or false is expected"),
);
/** All chips in the middle. */
export const pot = above0(1e12, "a number of chips");

const RAKE_TEXT = 'rake is {"percent": 5, "cap": 3, "no_flop_no_drop": true}';
const PERCENT_TEXT = "percent of the pot, from 0 to less than 100, is expected (5 is five percent)";

/** What the house takes of a pot. */
export const rakeSchema = z.looseObject(
  {
    percent: number
      .pipe(z.number(PERCENT_TEXT).min(0, PERCENT_TEXT).lt(100, PERCENT_TEXT))
      .describe("Of the pot; a bet that nobody calls is no part of it"),
    cap: chips.nullish().describe("Chips that are taken at most; default: without a bound"),
    no_flop_no_drop: flag.nullish().describe("Nothing is taken of a hand that ends before the flop; default true"),
  },
  RAKE_TEXT,
);
export const RAKE_KEYS = { known: Object.keys(rakeSchema.shape) };
