/** AMQP's number for a mandatory message that no queue would get. */
export const NO_ROUTE = 312;
/** There is no such queue or exchange. */
export const NOT_FOUND = 404;
const RESOURCE_LOCKED = 405;
const PRECONDITION_FAILED = 406;

/** The number by which the broker refused; null for any other error. */
export function replyCodeOf(error: unknown): number | null {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" ? code : null;
}

/** Something of this name exists already, with other arguments or for another connection alone. */
export function isTaken(error: unknown): boolean {
  const code = replyCodeOf(error);
  return code === PRECONDITION_FAILED || code === RESOURCE_LOCKED;
}

/** Something of this name exists with other arguments. */
export function existsOtherwise(error: unknown): boolean {
  return replyCodeOf(error) === PRECONDITION_FAILED;
}
