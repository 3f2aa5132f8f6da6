import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleCollection } from "../../../../src/celery/executor/idle-collection.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("comes once after each idle while, and never during a call", () => {
  const collect = vi.fn();
  const collection = new IdleCollection(collect, 3_000);
  vi.advanceTimersByTime(10_000);
  expect(collect).toHaveBeenCalledTimes(0);

  collection.busy();
  vi.advanceTimersByTime(10_000);
  collection.idle();
  vi.advanceTimersByTime(2_000);
  collection.busy();
  vi.advanceTimersByTime(10_000);
  expect(collect).toHaveBeenCalledTimes(0);

  collection.idle();
  vi.advanceTimersByTime(3_000);
  expect(collect).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
});
