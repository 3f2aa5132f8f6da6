import { SolverInputError } from "../../errors.js";
import type { Random } from "../../random.js";
import { mapCard, SUIT_MAPS } from "../../suits.js";
import type { SampledRange } from "../abstraction/suit-classes.js";
import type { DealList } from "./deal-list.js";

/** Rejections in a row after which the seats are drawn one at a time instead. */
const MAX_TRIES = 400;
/** Deals after such a failure that are drawn one seat at a time without another try. */
const STEPS_AFTER_FAILURE = 200;
/** Tries to find any deal at all. */
const MAX_FIRST_TRIES = 20_000;

/**
 * Draws hands for some or all seats with probability proportional to the product of their weights, no card twice, and
 * boards' missing cards.
 */
export class DealSampler {
  readonly #ranges: readonly SampledRange[];
  readonly #cumulative: readonly Float64Array[];
  readonly #random: Random;
  readonly #boards: readonly (readonly number[])[];
  readonly #deckSize: number;
  /** 1 for cards that are taken. */
  readonly #taken: Uint8Array;
  readonly #valid: boolean[];
  #stepsLeft = 0;
  #forcedSeat = -1;
  #forcedHand = -1;
  /** Index of each seat's hand in its range. */
  readonly hand: Int32Array;
  /** Cards of each seat: `seat × k + place`. */
  readonly cards: Uint8Array;
  readonly k: number;
  /** Complete boards: `board × 5 + place`. */
  readonly board: Uint8Array;

  constructor(
    ranges: readonly SampledRange[],
    boards: readonly (readonly number[])[],
    deckSize: number,
    random: Random,
  ) {
    this.#ranges = ranges;
    this.#boards = boards;
    this.#deckSize = deckSize;
    this.#random = random;
    this.k = ranges[0]?.hands.k ?? 4;
    this.#cumulative = ranges.map(({ hands }) => {
      let sum = 0;
      return hands.weights.map((weight) => {
        sum += weight;
        return sum;
      });
    });
    this.#taken = new Uint8Array(deckSize);
    this.#valid = ranges.map(() => false);
    this.hand = new Int32Array(ranges.length);
    this.cards = new Uint8Array(ranges.length * this.k);
    this.board = new Uint8Array(boards.length * 5);
    boards.forEach((board, index) => {
      this.board.set(board, index * 5);
    });
  }

  /** Gives a seat a certain hand in the deals to come; seat -1 gives all seats their hands by chance again. */
  force(seat: number, hand: number): void {
    this.#forcedSeat = seat;
    this.#forcedHand = hand;
  }

  /** The boards as known before any deal. */
  get knownBoards(): readonly (readonly number[])[] {
    return this.#boards;
  }

  /** 1 for cards that lie on a board (runouts too) or are held by a seat of the last deal. */
  get taken(): Uint8Array {
    return this.#taken;
  }

  /**
   * Draws hands for all seats but `except` (-1 for all seats), then the boards' missing cards.
   * @throws SolverInputError when the ranges cannot be held at the same time
   */
  deal(except: number): void {
    const tries = this.#stepsLeft > 0 ? 0 : MAX_TRIES;
    let dealt = false;
    for (let done = 0; !dealt && done < tries; done++) dealt = this.#tryDeal(except);
    if (dealt) {
      this.#ranges.forEach((_, seat) => {
        if (seat !== except) this.#valid[seat] = true;
      });
    } else {
      this.#stepsLeft = this.#stepsLeft > 0 ? this.#stepsLeft - 1 : STEPS_AFTER_FAILURE;
      this.#stepDeal(except);
    }
    this.#dealBoards();
  }

  /** Deals a listed deal. */
  place({ hands }: DealList, deal: number): void {
    this.#clear();
    for (let seat = 0; seat < this.#ranges.length; seat++) {
      const hand = hands[deal * this.#ranges.length + seat];
      if (hand < 0) continue;
      const { cards } = this.#ranges[seat].hands;
      this.hand[seat] = hand;
      for (let place = 0; place < this.k; place++) {
        const card = cards[hand * this.k + place];
        this.cards[seat * this.k + place] = card;
        this.#taken[card] = 1;
      }
    }
  }

  #tryDeal(except: number): boolean {
    this.#clear();
    for (let seat = 0; seat < this.#ranges.length; seat++) {
      if (seat === except) continue;
      this.#draw(seat);
      if (!this.#take(seat)) return false;
    }
    return true;
  }

  /**
   * Draws each seat anew given the others, starting from the last deal: a Markov chain with the wanted distribution,
   * for ranges that are rarely drawn together by chance.
   */
  #stepDeal(except: number): void {
    if (this.#valid.some((valid, seat) => !valid && seat !== except)) this.#firstDeal(except);
    for (let seat = 0; seat < this.#ranges.length; seat++) {
      if (seat === except) continue;
      const before = this.hand[seat];
      const cards = this.cards.slice(seat * this.k, (seat + 1) * this.k);
      this.#clear();
      for (let other = 0; other < this.#ranges.length; other++)
        if (other !== seat && other !== except) this.#take(other);
      let tries = 0;
      do this.#draw(seat);
      while (!this.#fits(seat) && ++tries < MAX_TRIES);
      if (tries >= MAX_TRIES) {
        this.hand[seat] = before;
        this.cards.set(cards, seat * this.k);
      }
    }
    this.#clear();
    for (let seat = 0; seat < this.#ranges.length; seat++) if (seat !== except) this.#take(seat);
  }

  #firstDeal(except: number): void {
    for (let tries = 0; tries < MAX_FIRST_TRIES; tries++) {
      this.#clear();
      let dealt = true;
      for (let seat = 0; dealt && seat < this.#ranges.length; seat++) {
        if (seat === except) continue;
        let draws = 0;
        do this.#draw(seat);
        while (!this.#fits(seat) && ++draws < 50);
        dealt = this.#take(seat);
      }
      if (!dealt) continue;
      this.#ranges.forEach((_, seat) => {
        if (seat !== except) this.#valid[seat] = true;
      });
      return;
    }
    throw new SolverInputError("the players' ranges cannot be held at the same time: they share too many cards");
  }

  #clear(): void {
    this.#taken.fill(0);
    for (const board of this.#boards) for (const card of board) this.#taken[card] = 1;
  }

  /** Draws a hand for a seat, whatever cards are taken. */
  #draw(seat: number): void {
    const { hands, suitClasses } = this.#ranges[seat];
    const index = seat === this.#forcedSeat ? this.#forcedHand : this.#drawIndex(seat);
    this.hand[seat] = index;
    const suits = suitClasses ? SUIT_MAPS[this.#random.below(SUIT_MAPS.length)] : null;
    for (let place = 0; place < this.k; place++) {
      const card = hands.cards[index * this.k + place];
      this.cards[seat * this.k + place] = suits ? mapCard(card, suits) : card;
    }
  }

  #drawIndex(seat: number): number {
    const cumulative = this.#cumulative[seat];
    const target = this.#random.fraction() * cumulative[cumulative.length - 1];
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #fits(seat: number): boolean {
    for (let place = 0; place < this.k; place++) {
      if (this.#taken[this.cards[seat * this.k + place]] === 1) return false;
    }
    return true;
  }

  #take(seat: number): boolean {
    if (!this.#fits(seat)) return false;
    for (let place = 0; place < this.k; place++) this.#taken[this.cards[seat * this.k + place]] = 1;
    return true;
  }

  #dealBoards(): void {
    this.#boards.forEach((board, index) => {
      for (let place = board.length; place < 5; place++) {
        let card = this.#random.below(this.#deckSize);
        while (this.#taken[card] === 1) card = this.#random.below(this.#deckSize);
        this.#taken[card] = 1;
        this.board[index * 5 + place] = card;
      }
    });
  }
}
