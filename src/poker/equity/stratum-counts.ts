/** Share classes of the first players by stratum, from which the variance within strata is taken. */
export class StratumCounts {
  private readonly width: number;

  constructor(
    readonly strata: number,
    /** Players counted: the first ones. */
    readonly players: number,
    /** Share classes of a player. */
    readonly classes: number,
    readonly data = new Float64Array(strata * players * classes),
  ) {
    this.width = players * classes;
  }

  /** @param classes share classes of a run's players, from `at` on */
  record(stratum: number, classes: Uint8Array, at: number): void {
    for (let player = 0; player < this.players; player++) {
      const cell = stratum * this.width + player * this.classes + classes[at + player];
      this.data[cell]++;
    }
  }

  /** Adds the data of counts of the same shape. */
  add(data: Float64Array): void {
    for (let i = 0; i < this.data.length; i++) this.data[i] += data[i];
  }

  /** Runs of a stratum by a player's share class. */
  shares(stratum: number, player: number): Float64Array {
    const start = stratum * this.width + player * this.classes;
    return this.data.subarray(start, start + this.classes);
  }
}
