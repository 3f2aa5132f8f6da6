import type { Card } from "../../cards.js";
import type { RangeClass } from "../../ranges/class-view.js";
import type { StreetSizes } from "../betting/size-menu.js";
import type { HandSet } from "../game/hand-set.js";
import type { Lock } from "./lock.js";
import type { RootState } from "./root-state.js";

/** What ends a solve. */
export interface SolveLimits {
  /** Iterations; null without limit. */
  readonly iterations: number | null;
  /** Exploitability in chips per chip of the pot (0.005 is half a percent); null without target. */
  readonly targetExploitability: number | null;
  readonly timeLimitSeconds: number;
  readonly maxBytes: number;
  /** Threads that will probably take part. */
  readonly threads: number;
  /** Speed of one of them to plan with, as a multiple of the reference machine's. Default: this machine's, measured. */
  readonly speed?: number;
}

/** Sizes by street and player. */
export interface AskedSizes {
  /** From the root street to the river. */
  readonly byStreet: readonly StreetSizes[];
  /** A bet that would put in this part of the stack is all-in; null: none is. */
  readonly allInFrom: number | null;
}

/** How the game is simplified, as the job wants it. */
export interface SpotOptions {
  /** Fractions of the pot after the call. */
  readonly betSizes: readonly number[];
  /** Sizes by street and player, in place of the fractions; null: those, for everyone. */
  readonly sizes: AskedSizes | null;
  readonly maxRaises: number;
  /** Hands a range is thinned out to; null lets the solver choose. */
  readonly maxCombos: number | null;
  readonly seed: number;
  readonly treeDepth: number | null;
  readonly fullStrategy: boolean;
  /** Classes of hands that the report's rows go by; null: by made hand and draw. */
  readonly classes: readonly RangeClass[] | null;
}

export interface SpotRange {
  readonly hands: HandSet;
  readonly source: string;
  /** How the source was read, in words. */
  readonly readAs: string;
  /** Every hand was listed by the job. */
  readonly explicit: boolean;
  /** Hands of the range, about, when `hands` were drawn from them at random; else null. */
  readonly drawnFrom: number | null;
}

/** A game state to solve, completely read and checked. Seats are in order of action on the street. */
export interface Spot {
  readonly street: number;
  readonly boards: readonly (readonly Card[])[];
  readonly handSize: number;
  /** Player id of each seat. */
  readonly players: readonly number[];
  readonly root: RootState;
  readonly ranges: readonly SpotRange[];
  readonly hero: { readonly seat: number; readonly cards: readonly Card[] } | null;
  readonly options: SpotOptions;
  /** Play that is given; a later lock counts where two are about the same hand at the same node. */
  readonly locks: readonly Lock[];
}
