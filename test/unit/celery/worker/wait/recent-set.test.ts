import { expect, it } from "vitest";
import { RecentSet } from "../../../../../src/celery/worker/wait/recent.js";

it("remembers the last keys only, and a key added again is the newest", () => {
  const set = new RecentSet(3);
  for (const key of ["a", "b", "c", "a", "d"]) set.add(key);
  expect(["a", "b", "c", "d"].map((key) => set.has(key))).toEqual([true, false, true, true]);
  expect(set.entries().map(([key]) => key)).toEqual(["c", "a", "d"]);
});

it("forgets a key after its time", () => {
  const set = new RecentSet(3, 1000);
  set.add("old", Date.now() - 1001);
  set.add("young", Date.now() - 500);
  expect(set.entries().map(([key]) => key)).toEqual(["young"]);
  expect(set.has("old")).toBe(false);
  expect(set.has("young")).toBe(true);
});

it("remembers a long key by its hash, across a restart too", () => {
  const set = new RecentSet(3);
  const long = "x".repeat(1_000_000);
  set.add(long);
  expect(set.has(long)).toBe(true);
  expect(set.has(`${long}y`)).toBe(false);
  const saved = JSON.stringify(set.entries());
  expect(saved.length).toBeLessThan(200);
  const restored = new RecentSet(3);
  for (const [key, atMs] of JSON.parse(saved) as [string, number][]) restored.add(key, atMs);
  expect(restored.has(long)).toBe(true);
  set.delete(long);
  expect(set.size).toBe(0);
});
