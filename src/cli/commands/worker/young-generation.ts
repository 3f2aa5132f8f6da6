import { setFlagsFromString } from "node:v8";

/**
 * What loads survives, so that V8 lets its young generation grow to many megabytes during a start, in every thread, and an
 * idle worker would keep them. With a factor of 1 it stays as it is.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** V8's own factor: under load a young generation that grows costs less than its collections. */
export function letYoungGenerationGrow(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
}
