import { describe, expect, it } from "vitest";
import { parseRate, RateLimits } from "../../../../src/celery/worker/rate-limits.js";
import { waitUntil } from "../../../support/wait-until.js";

describe("parseRate", () => {
  it.each([
    ["10/s", 10],
    ["5/m", 5 / 60],
    ["1/h", 1 / 3600],
    ["7", 7],
    [2.5, 2.5],
    ["0", null],
    [0, null],
    [null, null],
  ])("reads %j", (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(["fast", "10/y", "-1/s", "1/s/s"])("refuses %j and says what is allowed", (text) => {
    expect(() => parseRate(text)).toThrow(/10\/s, 5\/m, 1\/h/);
  });
});

describe("RateLimits", () => {
  it("lets tasks without a limit through at once", () => {
    let ran = 0;
    new RateLimits().admit("t", () => ran++);
    expect(ran).toBe(1);
  });

  it("spaces starts by the rate, in order, and keeps tasks apart", async () => {
    const limits = new RateLimits();
    limits.set("slow", "50/s");
    limits.set("other", "1/h");
    const starts: { name: string; at: number }[] = [];
    for (const name of ["a", "b", "c", "d"]) limits.admit("slow", () => starts.push({ name, at: performance.now() }));
    limits.admit("other", () => undefined);
    limits.admit("other", () => starts.push({ name: "never", at: 0 }));
    await waitUntil(() => starts.length === 4);
    expect(starts.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    // Timers may fire up to a millisecond early.
    for (let index = 1; index < 4; index++)
      expect((starts[index]?.at ?? 0) - (starts[index - 1]?.at ?? 0)).toBeGreaterThan(18);
    expect(limits.waiting("other")).toBe(1);
    limits.clear();
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
