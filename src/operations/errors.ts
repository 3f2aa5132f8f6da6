/** What an operator asked for cannot be done; the message says why. */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly code = "OPERATION_REFUSED";
}
