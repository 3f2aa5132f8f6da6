import { describe, expect, it } from "vitest";
import { type SlotGroup, type SlotShare, Slots } from "../../../../../src/celery/worker/wait/slots.js";

describe("Slots", () => {
  it("hands out slots in the order they were asked for and never more than the limit", () => {
    const slots = new Slots(2);
    const { ungrouped } = slots;
    const started: number[] = [];
    for (let index = 0; index < 5; index++) ungrouped.acquire(() => started.push(index));
    expect(started).toEqual([0, 1]);
    expect(slots.waiting).toBe(3);
    ungrouped.release();
    ungrouped.release();
    expect(started).toEqual([0, 1, 2, 3]);
    expect(slots.used).toBe(2);
  });

  it("lets a waiter give up", () => {
    const { ungrouped } = new Slots(1);
    const started: string[] = [];
    ungrouped.acquire(() => started.push("a"));
    const giveUp = ungrouped.acquire(() => started.push("b"));
    ungrouped.acquire(() => started.push("c"));
    giveUp();
    ungrouped.release();
    expect(started).toEqual(["a", "c"]);
  });

  it("wakes waiters when it grows and lets surplus run out when it shrinks", () => {
    const slots = new Slots(1);
    const { ungrouped } = slots;
    const started: number[] = [];
    for (let index = 0; index < 4; index++) ungrouped.acquire(() => started.push(index));
    slots.resize(3);
    expect(started).toEqual([0, 1, 2]);
    slots.resize(1);
    ungrouped.release();
    ungrouped.release();
    expect(started).toEqual([0, 1, 2]);
    ungrouped.release();
    expect(started).toEqual([0, 1, 2, 3]);
  });

  describe("of groups", () => {
    /** Slots with one group, and what asks for one and notes when it has it. */
    function setUp(limit: number, share: SlotShare) {
      const slots = new Slots(limit, { long: share });
      const long = slots.groups.get("long") as SlotGroup;
      const started: string[] = [];
      const ask = (group: SlotGroup, name: string) => group.acquire(() => started.push(name));
      return { slots, long, short: slots.ungrouped, started, ask };
    }

    it("leave what they leave to others, who may take everything", () => {
      const { slots, long, short, started, ask } = setUp(3, { leaves: 1 });
      for (const name of ["long 1", "long 2", "long 3"]) ask(long, name);
      expect(started).toEqual(["long 1", "long 2"]);
      expect([long.limit, long.used, long.waiting, long.free, short.free]).toEqual([2, 2, 1, 0, 1]);
      ask(short, "short 1");
      long.release();
      expect(started).toEqual(["long 1", "long 2", "short 1", "long 3"]);
      long.release();
      long.release();
      short.release();
      for (const name of ["short 2", "short 3", "short 4"]) ask(short, name);
      expect(started.slice(4)).toEqual(["short 2", "short 3", "short 4"]);
      expect([slots.used, slots.waiting]).toEqual([3, 0]);
    });

    it("wait in the order of asking, but hold up nobody who may start", () => {
      const { long, short, started, ask } = setUp(2, { limit: 1 });
      ask(long, "long 1");
      ask(short, "short 1");
      for (const [group, name] of [
        [long, "long 2"],
        [short, "short 2"],
        [long, "long 3"],
      ] as const)
        ask(group, name);
      short.release();
      expect(started).toEqual(["long 1", "short 1", "short 2"]);
      long.release();
      expect(started.at(-1)).toBe("long 2");
    });

    it("may always take one, and follow the number of slots", () => {
      const { slots, long, started, ask } = setUp(1, { leaves: 1 });
      for (const name of ["1", "2", "3"]) ask(long, name);
      expect(started).toEqual(["1"]);
      slots.resize(3);
      expect(started).toEqual(["1", "2"]);
      expect(long.limit).toBe(2);
      slots.resize(1);
      long.release();
      expect(started).toEqual(["1", "2"]);
      long.release();
      expect(started).toEqual(["1", "2", "3"]);
    });
  });
});
