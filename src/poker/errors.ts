/** Base of every error this folder throws. `code` is stable. */
export abstract class PokerError extends Error {
  abstract readonly code: string;
}

/** Whether an error is one of this folder's, also one that crossed from a thread, which keeps its code and not its class. */
export function isPokerError(error: unknown): error is Error {
  const code = error instanceof Error ? (error as Error & { readonly code?: unknown }).code : undefined;
  return typeof code === "string" && code.startsWith("POKER_");
}

/** A text that is not a card, or a card that occurs twice. The message names the offending value. */
export class CardError extends PokerError {
  readonly code = "POKER_CARD_INVALID";
  override readonly name = "CardError";
}

/** A spot that cannot be dealt: too many cards, hands of different sizes, a board that is too long. */
export class SpotError extends PokerError {
  readonly code = "POKER_SPOT_INVALID";
  override readonly name = "SpotError";
}

/** A range that breaks the grammar of docs/ranges.md. */
export class RangeSyntaxError extends PokerError {
  readonly code = "POKER_RANGE_INVALID";
  override readonly name = "RangeSyntaxError";
  /**
   * @param problem what is wrong, in one clause
   * @param source the whole range
   * @param position 1-based column of the first offending character
   */
  constructor(
    readonly problem: string,
    readonly source: string,
    readonly position: number,
  ) {
    super(`range ${JSON.stringify(source)} at position ${position}: ${problem}`);
  }
}

/** A game that cannot be built or solved as asked; the message names the offending value. */
export class SolverInputError extends PokerError {
  readonly code = "POKER_SOLVER_INPUT";
  override readonly name: string = "SolverInputError";
}

/** Runs `read`, and puts its place before the message of what is wrong. @throws SolverInputError */
export function inPlace<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PokerError) throw new SolverInputError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Thrown inside a solve that was told to stop at once. */
export class SolveCancelled extends Error {
  override readonly name = "SolveCancelled";
}

/** For messages: `1 hand`, `2 hands`. */
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
