/** A game that cannot be built or solved as asked; the message names the offending value. */
export class SolverInputError extends Error {
  readonly code = "SOLVER_INPUT";
  override readonly name = "SolverInputError";
}
