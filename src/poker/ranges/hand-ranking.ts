import { DECK_SIZE } from "../cards.js";
import { choose, subsetNumber } from "../combinatorics.js";
import { mapCards, SUIT_MAPS } from "../suits.js";
import { HAND_ORDER } from "./hand-order.js";

/** All four-card hands ordered by their equity against one random hand before the flop. */
export interface HandRanking {
  /** 270,725. */
  readonly hands: number;
  /** By colexicographic hand number: how many hands belong to classes that rank before this hand's class. */
  readonly betterHands: Uint32Array;
}

const HANDS = choose(DECK_SIZE, 4);
const BYTES_PER_CLASS = 3;

let ranking: HandRanking | undefined;

/** The ranking of four-card hands; decoded at the first call in about 50 ms. */
export function handRanking(): HandRanking {
  ranking ??= decode();
  return ranking;
}

/** The order lists one member of each of the 16,432 classes; renaming suits gives the others. */
function decode(): HandRanking {
  // Not with Buffer: browsers read it too.
  const order = Uint8Array.from(atob(HAND_ORDER), (character) => character.charCodeAt(0));
  const betterHands = new Uint32Array(HANDS).fill(HANDS);
  let placed = 0;
  for (let at = 0; at < order.length; at += BYTES_PER_CLASS) {
    const cards = cardsOfHandNumber(order[at] | (order[at + 1] << 8) | (order[at + 2] << 16));
    const better = placed;
    for (const map of SUIT_MAPS) {
      const number = subsetNumber(mapCards(cards, map));
      if (betterHands[number] !== HANDS) continue;
      betterHands[number] = better;
      placed++;
    }
  }
  return { hands: HANDS, betterHands };
}

function cardsOfHandNumber(number: number): number[] {
  const cards: number[] = [];
  let rest = number;
  for (let k = 4; k >= 1; k--) {
    let card = k - 1;
    while (choose(card + 1, k) <= rest) card++;
    cards.push(card);
    rest -= choose(card, k);
  }
  return cards;
}
