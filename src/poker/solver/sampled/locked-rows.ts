import type { LockedRow, SampledGame } from "./sampled-game.js";

/** The locked rows of a game, to be looked up. */
export class LockedRows {
  readonly #rows: readonly [ReadonlyMap<number, readonly LockedRow[]>, ReadonlyMap<number, readonly LockedRow[]>];
  readonly #offsets: Int32Array;

  constructor({ locked, blocks }: Pick<SampledGame, "locked" | "blocks">) {
    const bySeat = (seat: 0 | 1): Map<number, LockedRow[]> => {
      const rows = new Map<number, LockedRow[]>();
      for (const entry of locked[seat]) rows.set(entry.row, [...(rows.get(entry.row) ?? []), entry]);
      return rows;
    };
    this.#rows = [bySeat(0), bySeat(1)];
    this.#offsets = blocks[0].rowOffset;
  }

  /** Locked decisions of a row; undefined where there are none. */
  of(level: number, seat: 0 | 1, row: number): readonly LockedRow[] | undefined {
    return level === 0 ? this.#rows[seat].get(row) : undefined;
  }

  /** Frequencies of a row at a decision of the root street, where they are given. */
  at(seat: 0 | 1, row: number, decision: number): readonly number[] | undefined {
    return this.#rows[seat].get(row)?.find((entry) => entry.decision === decision)?.strategy;
  }

  /** Puts what is given in the place of a row's own shares. */
  keep(level: number, seat: 0 | 1, row: number, shares: Float64Array): void {
    const given = this.of(level, seat, row);
    if (given) for (const { decision, strategy } of given) shares.set(strategy, this.#offsets[decision]);
  }
}
