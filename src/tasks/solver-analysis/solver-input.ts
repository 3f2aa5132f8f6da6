import type { Card } from "../../poker/cards.js";
import type { Lock } from "../../poker/solver/spot/lock.js";
import type { RangeSpec } from "../../poker/solver/spot/range-hands.js";
import type { StateDescription } from "../../poker/solver/spot/root-state.js";
import type { SpotOptions } from "../../poker/solver/spot/spot.js";

/** A solver job's input, read: plain data that crosses to a worker thread. */
export interface SolverInput {
  readonly state: StateDescription;
  readonly boards: readonly (readonly Card[])[];
  readonly handSize: number;
  /** By place in `state.activePlayers`. */
  readonly ranges: readonly RangeSpec[];
  readonly heroCards: readonly Card[] | null;
  readonly options: SpotOptions;
  readonly locks: readonly Lock[];
  readonly request: SolveRequest;
  readonly useCache: boolean;
  /** Only what the solve would take is wanted. */
  readonly estimate: boolean;
  readonly assumptions: readonly string[];
}

/** What ends the solve, as the job asks; null where it does not. */
export interface SolveRequest {
  readonly iterations: number | null;
  readonly targetExploitability: number | null;
  readonly timeLimitSeconds: number;
}
