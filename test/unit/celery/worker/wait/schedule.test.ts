import { describe, expect, it } from "vitest";
import { Schedule } from "../../../../../src/celery/worker/wait/schedule.js";
import { waitUntil } from "../../../../support/wait-until.js";

describe("Schedule", () => {
  it("runs entries in order of time, and in order of arrival at the same time", async () => {
    const schedule = new Schedule();
    const ran: string[] = [];
    const base = Date.now() + 30;
    for (const [name, offset] of [
      ["c", 20],
      ["a1", 0],
      ["b", 10],
      ["a2", 0],
      ["a3", 0],
    ] as const) {
      schedule.at(new Date(base + offset), () => ran.push(name));
    }
    expect(schedule.size).toBe(5);
    await waitUntil(() => ran.length === 5);
    expect(ran).toEqual(["a1", "a2", "a3", "b", "c"]);
    expect(schedule.size).toBe(0);
  });

  it("runs an entry whose time has passed soon", async () => {
    const schedule = new Schedule();
    let ran = false;
    schedule.at(new Date(Date.now() - 5_000), () => {
      ran = true;
    });
    await waitUntil(() => ran);
  });

  it("never runs a cancelled entry, and shrinks when most are cancelled", async () => {
    const schedule = new Schedule();
    const ran: number[] = [];
    const due = new Date(Date.now() + 20);
    const cancels = Array.from({ length: 1000 }, (_, index) => schedule.at(due, () => ran.push(index)));
    for (const [index, cancel] of cancels.entries()) if (index % 10 !== 0) cancel();
    for (const cancel of cancels.slice(1, 5)) cancel();
    expect(schedule.size).toBe(100);
    await waitUntil(() => ran.length === 100);
    expect(ran).toEqual(Array.from({ length: 100 }, (_, index) => index * 10));
  });

  it("keeps an entry that lies beyond what a timer can wait", () => {
    const schedule = new Schedule();
    let ran = false;
    schedule.at(new Date(Date.now() + 2 ** 33), () => {
      ran = true;
    });
    expect(schedule.size).toBe(1);
    expect(ran).toBe(false);
    schedule.clear();
    expect(schedule.size).toBe(0);
  });
});
