import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startTimeout } from "../../../src/celery/long-timeout.js";

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([1, 5, 20 * DAY_MS, 30 * DAY_MS, 100 * DAY_MS])("runs once after %d ms, not before", (delayMs) => {
  const run = vi.fn();
  startTimeout(run, delayMs);
  vi.advanceTimersByTime(delayMs - 1);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(run).toHaveBeenCalledTimes(1);
});

it("never runs after an infinite time, nor once it is taken back", () => {
  const run = vi.fn();
  const stops = [startTimeout(run, Number.POSITIVE_INFINITY), startTimeout(run, 1e300), startTimeout(run, 40 * DAY_MS)];
  vi.advanceTimersByTime(30 * DAY_MS);
  for (const stop of stops) stop();
  vi.advanceTimersByTime(30 * DAY_MS);
  expect(run).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
