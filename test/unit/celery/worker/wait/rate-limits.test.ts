import { afterEach, describe, expect, it, vi } from "vitest";
import { parseRate, RateLimits } from "../../../../../src/celery/worker/wait/rate-limits.js";

describe("parseRate", () => {
  it.each([
    ["10/s", 10],
    ["5/m", 5 / 60],
    ["1/h", 1 / 3600],
    ["7", 7],
    [2.5, 2.5],
    [1e-7, 1e-7],
    ["0", null],
    [0, null],
    [null, null],
  ])("reads %j", (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it("waits out a rate of less than one task a month without turning in circles", () => {
    vi.useFakeTimers();
    const limits = new RateLimits();
    limits.set("t", 1e-9);
    let ran = 0;
    for (let i = 0; i < 3; i++) limits.admit("t", () => ran++);
    vi.advanceTimersByTime(60 * 86_400_000);
    expect(ran).toBe(1);
    limits.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it.each(["fast", "10/y", "-1/s", "1/s/s"])("refuses %j and says what is allowed", (text) => {
    expect(() => parseRate(text)).toThrow(/10\/s, 5\/m, 1\/h/);
  });
});

describe("RateLimits", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("lets tasks without a limit through at once", () => {
    let ran = 0;
    new RateLimits().admit("t", () => ran++);
    expect(ran).toBe(1);
  });

  it("spaces starts by the rate, in order, and keeps tasks apart", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const limits = new RateLimits();
    limits.set("slow", "50/s");
    limits.set("other", "1/h");
    const startedAt = performance.now();
    const starts: [name: string, afterMs: number][] = [];
    for (const name of ["a", "b", "c", "d"])
      limits.admit("slow", () => starts.push([name, performance.now() - startedAt]));
    limits.admit("other", () => undefined);
    limits.admit("other", () => starts.push(["never", 0]));
    vi.advanceTimersByTime(1000);
    expect(starts).toEqual([
      ["a", 0],
      ["b", 20],
      ["c", 40],
      ["d", 60],
    ]);
    expect(limits.waiting("other")).toBe(1);
  });

  it("puts what waits under a new limit, or lets it go when the limit is lifted", () => {
    const limits = new RateLimits();
    limits.set("t", "1/h");
    let ran = 0;
    for (let index = 0; index < 3; index++) limits.admit("t", () => ran++);
    expect(ran).toBe(1);
    limits.set("t", null);
    expect(ran).toBe(3);
    expect(limits.get("t")).toBeNull();
  });

  it("forgets a request that gives up, also after the limit was changed", () => {
    const limits = new RateLimits();
    limits.set("t", "1/h");
    const ran: string[] = [];
    limits.admit("t", () => ran.push("first"));
    limits.admit("t", () => ran.push("second"));
    const giveUp = limits.admit("t", () => ran.push("given up"));
    limits.set("t", "2/h");
    giveUp();
    limits.set("t", null);
    expect(ran).not.toContain("given up");
  });
});
