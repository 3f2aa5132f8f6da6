import { BATCHES, type Measures, measuresOf } from "../sampled/measure-deal.js";
import { REPLICATES, RESPONSE_BATCHES, type SampledGame } from "../sampled/sampled-game.js";
import type { WalkBlock } from "../vector/shared-game.js";
import { significant } from "./numbers.js";

/** A number with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** Standard errors from four batches that 95 % of values lie within: Student's t with three degrees of freedom. */
export const STUDENT = 3.2;

/** An estimate's error for the reader; null where it was not measured. */
export function errorOf({ error }: Estimate): number | null {
  return Number.isFinite(error) ? significant(error) : null;
}

type Ratio = (measures: Measures) => readonly [number, number];

/** Estimates from the batches of a sampled solve. */
export class SampledNumbers {
  readonly #batches: readonly Measures[];
  readonly #block: WalkBlock;
  readonly #wholeClasses: readonly [number, number];

  constructor(game: SampledGame) {
    this.#batches = Array.from({ length: BATCHES }, (_, batch) => measuresOf(game, batch));
    this.#block = game.blocks[0];
    this.#wholeClasses = [game.classCounts[0] - 1, game.classCounts[1] - 1];
  }

  /** Share of the pot of the first seat by showdown alone. */
  equity(): Estimate {
    return this.#estimate(({ totals }) => [totals[1], totals[0]], BATCHES);
  }

  /** The same of a class of hands of the seat that acts first. */
  equityOf(group: number): Estimate {
    return this.#estimate(({ shown }) => [shown[group * 2 + 1], shown[group * 2]], REPLICATES);
  }

  /** Chips of the first seat from its shift on: the mean of what both seats' walks say. */
  value(): Estimate {
    return this.#estimate(({ chips, totals }) => [(chips[0][0] - chips[1][0]) / 2, totals[0]], REPLICATES);
  }

  /** Chips of a seat from its shift on, by its own walks alone: with rake one seat's chips do not say the other's. */
  valueOf(seat: 0 | 1): Estimate {
    return this.#estimate(({ chips, totals }) => [chips[seat][0], totals[0]], REPLICATES);
  }

  /** Chips that the house takes of a game that comes to a decision of a seat. */
  rake(seat: 0 | 1, decision: number): number {
    const ratio: Ratio = (m) => [-(m.worth[0][decision] + m.worth[1][decision]), this.#here(m, seat, decision, null)];
    return this.#estimate(ratio, REPLICATES).value;
  }

  /** Chips that a seat's best answer wins beyond average play: at least, and at most, on the average. */
  gain(seat: 0 | 1): { readonly atLeast: Estimate; readonly atMost: Estimate } {
    return {
      atLeast: this.#estimate(({ bounds }) => [bounds[seat][1], bounds[seat][0]], RESPONSE_BATCHES),
      atMost: this.#estimate(({ bounds }) => [bounds[seat][2], bounds[seat][0]], RESPONSE_BATCHES),
    };
  }

  /** Probability that play comes to a decision. */
  probability(seat: 0 | 1, decision: number): number {
    return this.#estimate((m) => [this.#here(m, seat, decision, null), m.totals[0]], REPLICATES).value;
  }

  /** Share of a class in the range at a decision. */
  share(seat: 0 | 1, decision: number, group: number): number {
    return this.#estimate(
      (m) => [this.#here(m, seat, decision, group), this.#here(m, seat, decision, null)],
      REPLICATES,
    ).value;
  }

  /** @param group a class, or null for the whole range */
  frequency(seat: 0 | 1, decision: number, action: number, group: number | null): Estimate {
    return this.#estimate(
      (m) => [this.#at(m.taken[seat], seat, decision, action, group), this.#here(m, seat, decision, group)],
      REPLICATES,
    );
  }

  /** Chips from the shift on of all hands of a class that take an action, whether they would or not. */
  ev(seat: 0 | 1, decision: number, action: number, group: number): Estimate {
    return this.#estimate(
      (m) => [this.#at(m.every[seat], seat, decision, action, group), this.#here(m, seat, decision, group)],
      REPLICATES,
    );
  }

  /** By how much one action is worth more than another to a class; both were measured on the same deals. */
  evDifference(seat: 0 | 1, decision: number, action: number, other: number, group: number): Estimate {
    return this.#estimate(
      (m) => [
        this.#at(m.every[seat], seat, decision, action, group) - this.#at(m.every[seat], seat, decision, other, group),
        this.#here(m, seat, decision, group),
      ],
      REPLICATES,
    );
  }

  /** Chips from the shift on of the hands of the whole range that take an action. */
  evOfTakers(seat: 0 | 1, decision: number, action: number): Estimate {
    return this.#estimate(
      (m) => [
        this.#at(m.takers[seat], seat, decision, action, null),
        this.#at(m.taken[seat], seat, decision, action, null),
      ],
      REPLICATES,
    );
  }

  #here({ here }: Measures, seat: 0 | 1, decision: number, group: number | null): number {
    const decisions = this.#block.decisionNode.length;
    return this.#overGroups(seat, group, (each) => here[seat][each * decisions + decision]);
  }

  #at(table: Float64Array, seat: 0 | 1, decision: number, action: number, group: number | null): number {
    const length = this.#block.rowLength[seat];
    const offset = this.#block.rowOffset[decision] + action;
    return this.#overGroups(seat, group, (each) => table[each * length + offset]);
  }

  #overGroups(seat: 0 | 1, group: number | null, of: (group: number) => number): number {
    if (group !== null) return of(group);
    let sum = 0;
    for (let each = 0; each < this.#wholeClasses[seat]; each++) sum += of(each);
    return sum;
  }

  /** A ratio of sums over all batches; its error by the spread over `parts` parts of them that share nothing. */
  #estimate(ratio: Ratio, parts: number): Estimate {
    const sums = Array.from({ length: parts }, (): [number, number] => [0, 0]);
    this.#batches.forEach((measures, batch) => {
      const [above, below] = ratio(measures);
      const part = sums[batch % parts];
      part[0] += above;
      part[1] += below;
    });
    const above = sums.reduce((sum, part) => sum + part[0], 0);
    const below = sums.reduce((sum, part) => sum + part[1], 0);
    if (!(below > 0)) return { value: Number.NaN, error: Number.NaN };
    const value = above / below;
    // A ratio's error by its linear part, each part of the batches weighed by how much of the whole it saw.
    const square = sums.reduce((sum, part) => sum + (part[0] - value * part[1]) ** 2, 0);
    const error = Math.sqrt((square * parts) / (parts - 1)) / below;
    return { value, error };
  }
}
