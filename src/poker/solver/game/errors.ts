import { PokerError } from "../../errors.js";

/** A game that cannot be built or solved as asked; the message names the offending value. */
export class SolverInputError extends PokerError {
  readonly code = "POKER_SOLVER_INPUT";
  override readonly name: string = "SolverInputError";
}
