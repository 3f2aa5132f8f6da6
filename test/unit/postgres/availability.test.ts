import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import { pause, untilAvailable } from "../../../src/postgres/availability.js";
import { Outage } from "../../../src/postgres/outage.js";

function withCode(code: string, message = "x"): Error {
  return Object.assign(new DatabaseError(message, 1, "error"), { code });
}

const QUICK = { initialMs: 1, maximumMs: 2 };

describe("untilAvailable", () => {
  test("repeats until the operation succeeds and reports each failure", async () => {
    const attempts: number[] = [];
    const operation = async (attempt: number): Promise<string> => {
      if (attempt < 3) throw withCode("57P01");
      return "done";
    };
    const options = { ...QUICK, onUnavailable: (_error: Error, attempt: number) => attempts.push(attempt) };
    expect(await untilAvailable(operation, options)).toBe("done");
    expect(attempts).toEqual([0, 1, 2]);
  });

  test("throws a permanent error at once", async () => {
    let calls = 0;
    const operation = async (): Promise<never> => {
      calls++;
      throw withCode("23505");
    };
    await expect(untilAvailable(operation, QUICK)).rejects.toMatchObject({ code: "23505" });
    expect(calls).toBe(1);
  });

  test("ends with the signal's reason, also in the middle of a pause", async () => {
    const reason = new Error("the worker stops");
    const controller = new AbortController();
    const waiting = untilAvailable(() => Promise.reject(withCode("57P01")), {
      signal: controller.signal,
      initialMs: 60_000,
      maximumMs: 60_000,
      onUnavailable: () => setImmediate(() => controller.abort(reason)),
    });
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAvailable(async () => 1, { signal: controller.signal })).rejects.toBe(reason);
    await expect(pause(60_000, controller.signal)).rejects.toBe(reason);
  });
});

describe("an outage", () => {
  function outage() {
    const lines: [string, Readonly<Record<string, unknown>>][] = [];
    const note = (fields: Readonly<Record<string, unknown>>, message: string) => lines.push([message, fields]);
    return { lines, outage: new Outage({ warn: note, info: note }) };
  }
  const NOT_AVAILABLE = "the database is not available: waiting for it";

  test("is named once for each kind of trouble, and its end once, however many wait", async () => {
    const { lines, outage: watched } = outage();
    let open = false;
    const operation = async (attempt: number): Promise<void> => {
      if (!open) throw withCode(attempt < 3 ? "42P01" : "25006", attempt < 3 ? "no table" : "read-only");
    };
    const waiting = Promise.all(
      Array.from({ length: 5 }, () =>
        untilAvailable(operation, {
          ...QUICK,
          outage: watched,
          onUnavailable: (_error, attempt) => {
            expect(watched.waiting).toBeLessThanOrEqual(5);
            if (attempt === 6) open = true;
          },
        }),
      ),
    );
    await waiting;
    expect(watched).toMatchObject({ waiting: 0, trouble: null });
    expect(lines).toEqual([
      [NOT_AVAILABLE, { problem: "schema", sqlState: "42P01", reason: "no table (42P01)" }],
      [NOT_AVAILABLE, { problem: "read-only", sqlState: "25006", reason: "read-only (25006)" }],
      ["the database is available again", { seconds: expect.any(Number) }],
    ]);
  });

  test("tells why it lasts, and is silent about those that are given up", async () => {
    const { lines, outage: watched } = outage();
    const ended = new AbortController();
    const waiting = untilAvailable(() => Promise.reject(withCode("42501", "denied")), {
      ...QUICK,
      outage: watched,
      signal: ended.signal,
      onUnavailable: (_error, attempt) => attempt === 3 && ended.abort(new Error("stop")),
    });
    await expect(waiting).rejects.toThrow("stop");
    expect(lines.map(([message]) => message)).toEqual([NOT_AVAILABLE]);
    expect(watched.waiting).toBe(0);
  });

  test("is no word about a conflict that passes, and one about a conflict that does not", async () => {
    const { lines, outage: watched } = outage();
    const failing = (times: number) => (attempt: number) =>
      attempt < times ? Promise.reject(withCode("40P01", "deadlock")) : Promise.resolve();
    await untilAvailable(failing(3), { ...QUICK, outage: watched });
    expect(lines).toEqual([]);
    await untilAvailable(failing(9), { ...QUICK, outage: watched });
    expect(lines.map(([, { problem }]) => problem)).toEqual(["locked", undefined]);
  });
});
