import { describe, expect, it } from "vitest";
import { Changes } from "../../../src/celery/changes.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a wait for a condition", () => {
  it("is over at once when it holds", async () => {
    expect(await new Changes().until(() => true, { msLeft: () => 0 })).toBe(true);
  });

  it("looks after each change, and at no other time", async () => {
    const changes = new Changes();
    let value = 0;
    let looks = 0;
    const waiting = changes.until(() => {
      looks += 1;
      return value === 2;
    });
    for (const next of [1, 2]) {
      await turn();
      expect(looks).toBe(next);
      value = next;
      changes.notify();
    }
    expect(await waiting).toBe(true);
    changes.notify();
    expect(looks).toBe(3);
  });

  it("ends when its time is over, which may become less meanwhile", async () => {
    const changes = new Changes();
    let msLeft = Number.POSITIVE_INFINITY;
    const waiting = changes.until(() => false, { msLeft: () => msLeft });
    await turn();
    msLeft = 0;
    changes.notify();
    expect(await waiting).toBe(false);
    expect(await changes.until(() => false, { msLeft: startTimer(20) })).toBe(false);
  });

  it("is given up with the reason of its signal", async () => {
    const controller = new AbortController();
    const changes = new Changes();
    const waiting = changes.until(() => false, { signal: controller.signal });
    controller.abort(new Error("revoked"));
    await expect(waiting).rejects.toThrow("revoked");
  });

  it("wakes all that wait, each for its own condition", async () => {
    const changes = new Changes();
    let free = 0;
    const first = changes.until(() => free >= 1);
    const second = changes.until(() => free >= 2, { msLeft: startTimer(20) });
    free = 1;
    changes.notify();
    expect([await first, await second]).toEqual([true, false]);
  });
});

function startTimer(ms: number): () => number {
  const endMs = performance.now() + ms;
  return () => endMs - performance.now();
}
