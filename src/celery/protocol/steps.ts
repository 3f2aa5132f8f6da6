/** Work that is done a bit at a time, so that an event loop can turn in between. */
export interface Steps {
  /** Does the next bit: some tenths of a millisecond. @returns true once all is done */
  advance(): boolean;
}

/** Does the whole work at once. */
export function complete(steps: Steps): void {
  while (!steps.advance());
}
