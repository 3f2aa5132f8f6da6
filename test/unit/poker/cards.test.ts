import { describe, expect, it } from "vitest";
import {
  deckWithout,
  firstDuplicate,
  formatCard,
  formatCards,
  parseCard,
  parseCards,
} from "../../../src/poker/cards.js";
import { CardError } from "../../../src/poker/errors.js";

describe("cards", () => {
  it("are read in every form the backend sends", () => {
    for (const text of ["Th", "th", "10h", "T♥", "10♥️", " tH "]) expect(formatCard(parseCard(text))).toBe("Th");
    expect(formatCards(parseCards("AsKs 10h,2♦ qc"))).toBe("AsKsTh2dQc");
  });

  it("survive a round trip", () => {
    for (let card = 0; card < 52; card++) expect(parseCard(formatCard(card))).toBe(card);
  });

  it.each(["", "A", "1s", "Ax", "AsK", "0h", "11h"])("refuse %j by name", (text) => {
    expect(() => parseCard(text)).toThrow(CardError);
    expect(() => parseCard(text)).toThrow(JSON.stringify(text));
  });

  it("refuse a list that does not end with a card", () => {
    expect(() => parseCards("AsK")).toThrow('"AsK" is not a list of cards');
    expect(() => parseCards("AsZz")).toThrow('"Zz" is not a card');
  });

  it("know duplicates and what is left of a deck", () => {
    expect(firstDuplicate([1, 2, 3])).toBeUndefined();
    expect(firstDuplicate([1, 2, 1])).toBe(1);
    expect(deckWithout([0, 51])).toHaveLength(50);
  });
});
