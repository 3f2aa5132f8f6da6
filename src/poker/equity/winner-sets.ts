import { bitCount } from "../combinatorics.js";

/** Gives small numbers to the sets of players who share a board, in the order they first occur. */
export class WinnerSets {
  private readonly numbers: Int16Array;
  private readonly masks: number[] = [];

  constructor(readonly players: number) {
    this.numbers = new Int16Array(1 << players).fill(-1);
  }

  get size(): number {
    return this.masks.length;
  }

  /** Number of the set of players who hold the best value. */
  ofValues(values: Uint16Array): number {
    let best = 0;
    let mask = 0;
    for (let player = 0; player < values.length; player++) {
      const value = values[player];
      if (value > best) {
        best = value;
        mask = 1 << player;
      } else if (value === best) {
        mask |= 1 << player;
      }
    }
    const known = this.numbers[mask];
    if (known >= 0) return known;
    this.numbers[mask] = this.masks.length;
    this.masks.push(mask);
    return this.masks.length - 1;
  }

  /** Share class of a player in a set: 0 when not in it, else the set's size. */
  shareClass(set: number, player: number): number {
    const mask = this.masks[set];
    return ((mask >> player) & 1) === 0 ? 0 : bitCount(mask);
  }
}
