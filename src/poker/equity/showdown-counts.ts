import { type Card, DECK_SIZE } from "../cards.js";
import { CATEGORY_COUNT, CATEGORY_OF_VALUE, type HandValue } from "../evaluator/categories.js";

/** Results a player can have on a board, in the order the breakdowns count them. */
const WIN = 0;
const TIE = 1;
const LOSS = 2;
export const RESULTS = 3;

/** What an experiment counts. */
export interface ShowdownShape {
  readonly players: number;
  /** For each of the one or two boards: whether to count by its next card as well. */
  readonly nextCard: readonly boolean[];
}

/**
 * Counts of showdowns, as one array of exact integers, so that parts computed apart are merged by adding.
 *
 * A player's *share class* on a board is the number of players who share it with them: 0 = lost, 1 = won alone,
 * k = a k-way tie, worth 1/k.
 */
export class ShowdownCounts {
  /** Share classes of a player: 0 to the number of players. */
  readonly classes: number;
  readonly data: Float64Array;
  private readonly playerSize: number;
  private readonly boardSize: number;
  private readonly nextOffsets: readonly number[];
  private readonly jointOffset: number;

  /** @param data counts of the same shape from another thread; default: zeros */
  constructor(
    readonly shape: ShowdownShape,
    data?: Float64Array,
  ) {
    const { players, nextCard } = shape;
    this.classes = players + 1;
    this.playerSize = CATEGORY_COUNT * RESULTS + this.classes;
    this.boardSize = players * this.playerSize;
    let size = nextCard.length * this.boardSize;
    this.nextOffsets = nextCard.map((wanted) => {
      const start = size;
      if (wanted) size += DECK_SIZE * players * this.classes;
      return start;
    });
    this.jointOffset = size;
    if (nextCard.length === 2) size += players * this.classes * this.classes;
    this.data = data ?? new Float64Array(size);
    if (this.data.length !== size) throw new RangeError(`counts have ${size} numbers, not ${this.data.length}`);
  }

  /**
   * Counts one showdown on a board, `weight` times.
   * @param values strength of each player's hand
   * @param classes receives each player's share class
   */
  record(board: number, values: Uint16Array, weight: number, classes: Uint8Array): void {
    const { data, playerSize } = this;
    shareClasses(values, classes);
    let at = board * this.boardSize;
    for (let player = 0; player < values.length; player++) {
      const shareClass = classes[player];
      const category = CATEGORY_OF_VALUE[values[player]];
      const cell = at + category * RESULTS + resultOf(shareClass);
      data[cell] += weight;
      const share = at + CATEGORY_COUNT * RESULTS + shareClass;
      data[share] += weight;
      at += playerSize;
    }
  }

  /** Counts the share classes of one showdown under the card that came next on its board. */
  recordNextCard(board: number, card: number, classes: Uint8Array, weight: number): void {
    const { data } = this;
    let at = this.nextCell(board, card, 0);
    for (let player = 0; player < classes.length; player++) {
      const cell = at + classes[player];
      data[cell] += weight;
      at += this.classes;
    }
  }

  /**
   * Counts a hand of player 0 against many hands of player 1 at once, on the first board.
   * @param value strength of the hand
   * @param breakdown `[category × (win, tie, loss)]` of the other hands, as they see it
   * @param added cards that came on the board, for the counts by next card
   */
  recordVersus(value: HandValue, breakdown: Float64Array, weight: number, added: readonly Card[]): void {
    const totals = [0, 0, 0];
    for (let cell = 0; cell < breakdown.length; cell++) {
      const hands = weight * breakdown[cell];
      this.increase(this.playerSize + cell, hands);
      totals[cell % RESULTS] += hands;
    }
    const [otherWins = 0, ties = 0, otherLosses = 0] = totals;
    const category = CATEGORY_OF_VALUE[value] * RESULTS;
    this.increase(category + WIN, otherLosses);
    this.increase(category + TIE, ties);
    this.increase(category + LOSS, otherWins);
    const shares = [
      CATEGORY_COUNT * RESULTS,
      ...(this.shape.nextCard[0] ? added.map((card) => this.nextCell(0, card, 0)) : []),
    ];
    for (const [i, at] of shares.entries()) {
      const other = i === 0 ? at + this.playerSize : at + this.classes;
      this.increase(at, otherWins);
      this.increase(at + 1, otherLosses);
      this.increase(at + 2, ties);
      this.increase(other, otherLosses);
      this.increase(other + 1, otherWins);
      this.increase(other + 2, ties);
    }
  }

  /** Counts one deal of both boards by each player's share class on the top and on the bottom one. */
  recordJoint(top: Uint8Array, bottom: Uint8Array, weight: number): void {
    for (let player = 0; player < top.length; player++) {
      this.addJoint(player, top[player], bottom[player], weight);
    }
  }

  addJoint(player: number, top: number, bottom: number, weight: number): void {
    const cell = this.jointOffset + (player * this.classes + top) * this.classes + bottom;
    this.data[cell] += weight;
  }

  /** Adds counts of the same shape. */
  add(other: ShowdownCounts): void {
    for (let i = 0; i < this.data.length; i++) this.data[i] += other.data[i];
  }

  /** Adds what the kernel counted: see {@link kernelCells}. */
  addFromKernel(cells: Uint32Array): void {
    const { data, classes, shape } = this;
    const ofHands = shape.nextCard.length * shape.players * CATEGORY_COUNT * classes;
    for (let from = 0; from < ofHands; from++) {
      const category = Math.floor(from / classes) % CATEGORY_COUNT;
      const start = Math.floor(from / classes / CATEGORY_COUNT) * this.playerSize;
      const shareClass = from % classes;
      data[start + category * RESULTS + resultOf(shareClass)] += cells[from];
      data[start + CATEGORY_COUNT * RESULTS + shareClass] += cells[from];
    }
    const rest = shape.nextCard.length * this.boardSize;
    for (let i = rest; i < data.length; i++) data[i] += cells[ofHands + i - rest];
  }

  /**
   * What a kernel counts into: `[board × player × category × class]`, then the counts by next card and by classes on both
   * boards as here.
   * @returns how many cells, and where the joint counts and, by board, those by next card begin; undefined for none
   */
  kernelCells(): { length: number; joint: number; next: (number | undefined)[] } {
    const { classes, shape, jointOffset, nextOffsets, data } = this;
    const shift = shape.nextCard.length * (shape.players * CATEGORY_COUNT * classes - this.boardSize);
    return {
      length: data.length + shift,
      joint: jointOffset + shift,
      next: shape.nextCard.map((wanted, board) => (wanted ? nextOffsets[board] + shift : undefined)),
    };
  }

  /** The same counts of two players, with the players swapped. */
  swapped(): ShowdownCounts {
    const other = new ShowdownCounts(this.shape);
    this.shape.nextCard.forEach((_, board) => {
      for (const player of [0, 1]) {
        other.breakdown(board, player).set(this.breakdown(board, 1 - player));
        other.shares(board, player).set(this.shares(board, 1 - player));
        for (let card = 0; card < DECK_SIZE; card++) {
          other.nextCardShares(board, card, player).set(this.nextCardShares(board, card, 1 - player));
        }
      }
    });
    for (const player of [0, 1]) other.joint(player).set(this.joint(1 - player));
    return other;
  }

  /** `[category × (win, tie, loss)]` of a player on a board. */
  breakdown(board: number, player: number): Float64Array {
    const start = board * this.boardSize + player * this.playerSize;
    return this.data.subarray(start, start + CATEGORY_COUNT * RESULTS);
  }

  /** Deals by share class of a player on a board. */
  shares(board: number, player: number): Float64Array {
    const start = board * this.boardSize + player * this.playerSize + CATEGORY_COUNT * RESULTS;
    return this.data.subarray(start, start + this.classes);
  }

  /** Deals by share class of a player, of those where `card` comes next on a board; empty when not counted. */
  nextCardShares(board: number, card: number, player: number): Float64Array {
    if (this.shape.nextCard[board] !== true) return new Float64Array(0);
    const start = this.nextCell(board, card, player);
    return this.data.subarray(start, start + this.classes);
  }

  /** Deals of both boards by a player's share classes: `[top × bottom]`; empty with one board. */
  joint(player: number): Float64Array {
    if (this.shape.nextCard.length < 2) return new Float64Array(0);
    const start = this.jointOffset + player * this.classes * this.classes;
    return this.data.subarray(start, start + this.classes * this.classes);
  }

  private increase(cell: number, by: number): void {
    this.data[cell] += by;
  }

  private nextCell(board: number, card: number, player: number): number {
    return this.nextOffsets[board] + (card * this.shape.players + player) * this.classes;
  }
}

const resultOf = (shareClass: number): number => (shareClass === 0 ? LOSS : shareClass === 1 ? WIN : TIE);

/** Fills in each player's share class for one showdown. */
export function shareClasses(values: Uint16Array, classes: Uint8Array): void {
  let best = 0;
  let sharers = 0;
  for (let player = 0; player < values.length; player++) {
    const value = values[player];
    if (value > best) {
      best = value;
      sharers = 1;
    } else if (value === best) {
      sharers++;
    }
  }
  for (let player = 0; player < values.length; player++) {
    classes[player] = values[player] === best ? sharers : 0;
  }
}
