import { describe, expect, it } from "vitest";
import { Slots } from "../../../../src/celery/worker/slots.js";

describe("Slots", () => {
  it("hands out slots in the order they were asked for and never more than the limit", () => {
    const slots = new Slots(2);
    const started: number[] = [];
    for (let index = 0; index < 5; index++) slots.acquire(() => started.push(index));
    expect(started).toEqual([0, 1]);
    expect(slots.waiting).toBe(3);
    slots.release();
    slots.release();
    expect(started).toEqual([0, 1, 2, 3]);
    expect(slots.used).toBe(2);
  });

  it("lets a waiter give up", () => {
    const slots = new Slots(1);
    const started: string[] = [];
    slots.acquire(() => started.push("a"));
    const giveUp = slots.acquire(() => started.push("b"));
    slots.acquire(() => started.push("c"));
    giveUp();
    slots.release();
    expect(started).toEqual(["a", "c"]);
  });

  it("wakes waiters when it grows and lets surplus run out when it shrinks", () => {
    const slots = new Slots(1);
    const started: number[] = [];
    for (let index = 0; index < 4; index++) slots.acquire(() => started.push(index));
    slots.resize(3);
    expect(started).toEqual([0, 1, 2]);
    slots.resize(1);
    slots.release();
    slots.release();
    expect(started).toEqual([0, 1, 2]);
    slots.release();
    expect(started).toEqual([0, 1, 2, 3]);
  });
});
