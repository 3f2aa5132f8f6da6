import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import {
  classifyDatabaseError,
  type DatabaseErrorKind,
  mayHaveBeenCarriedOut,
  pause,
  untilAvailable,
} from "../../../src/jobs/availability.js";

function withCode(code: string, message = "x"): Error {
  return Object.assign(new DatabaseError(message, 1, "error"), { code });
}

const QUICK = { initialMs: 1, maximumMs: 2 };

describe("an error of the database", () => {
  test.each<[Error, DatabaseErrorKind, boolean]>([
    [withCode("57P01"), "unavailable", true],
    [withCode("57P03"), "unavailable", false],
    [withCode("57014"), "unavailable", true],
    [withCode("53300"), "unavailable", false],
    [withCode("08006"), "unavailable", true],
    [withCode("28P01"), "unavailable", false],
    [withCode("3D000"), "unavailable", false],
    [withCode("25006"), "unavailable", true],
    [withCode("40001"), "conflict", false],
    [withCode("40P01"), "conflict", false],
    [withCode("55P03"), "conflict", false],
    [withCode("23505"), "permanent", false],
    [withCode("42P01"), "permanent", false],
    [withCode("22P02"), "permanent", false],
    [withCode("ECONNREFUSED"), "unavailable", false],
    [withCode("ECONNRESET"), "unavailable", true],
    [withCode("EPIPE"), "unavailable", true],
    [new Error("Connection terminated unexpectedly"), "unavailable", true],
    [new Error("Connection terminated: the database stalled"), "unavailable", true],
    [new Error("timeout exceeded when trying to connect"), "unavailable", false],
    [new Error("Client has encountered a connection error and is not queryable"), "unavailable", true],
    [new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]), "unavailable", false],
    [new TypeError("x is not a function"), "permanent", false],
  ])("%s is %s, carried out perhaps: %s", (error, kind, perhaps) => {
    expect(classifyDatabaseError(error)).toBe(kind);
    expect(mayHaveBeenCarriedOut(error)).toBe(perhaps);
  });

  test("that is not even an error is permanent", () => {
    expect(classifyDatabaseError("57P01")).toBe("permanent");
  });
});

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
