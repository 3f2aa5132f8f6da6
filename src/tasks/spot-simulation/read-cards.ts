import { JobInputError } from "../../jobs/errors.js";
import { type Card, parseCard, parseCards } from "../../poker/cards.js";
import { CardError } from "../../poker/errors.js";

/** Forms in which inputs write cards. */
export type CardsText = string | null | undefined | readonly CardsText[];

/** Runs `read`, and puts the place of a bad card before its message. */
function at<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof CardError) throw new JobInputError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** A card, or null for a blank. */
export function readCard(text: string | null, place: string): Card | null {
  if (text === null || text.trim() === "") return null;
  return at(place, () => parseCard(text));
}

/** Cards in any form, without the blanks. */
export function readCards(text: CardsText, place: string): Card[] {
  if (text === null || text === undefined) return [];
  if (typeof text === "string") return at(place, () => parseCards(text));
  return text.flatMap((part, i) => readCards(part, `${place}[${i}]`));
}

/** True for text that is one card or blank, as opposed to a hand or a range. */
export function isCardText(text: string): boolean {
  if (text.trim() === "") return true;
  try {
    parseCard(text);
    return true;
  } catch {
    return false;
  }
}
