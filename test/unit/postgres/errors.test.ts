import { DatabaseError } from "pg";
import { describe, expect, test } from "vitest";
import {
  classifyDatabaseError,
  type DatabaseErrorKind,
  type DatabaseProblem,
  describeDatabaseError,
  markAsConnectError,
  mayHaveBeenCarriedOut,
  reasonOf,
  sqlState,
} from "../../../src/postgres/errors.js";

function withCode(code: string, more: object = {}): Error {
  return Object.assign(new DatabaseError("x", 1, "error"), { code, ...more });
}

/** Class of a SQLSTATE, as PostgreSQL's appendix A has them, with codes of it that stand out. */
const STATES: readonly [string, DatabaseErrorKind, DatabaseProblem?][] = [
  ["08000", "unavailable", "unreachable"],
  ["08006", "unavailable", "unreachable"],
  ["08P01", "unavailable", "unreachable"],
  ["09000", "permanent"],
  ["0A000", "conflict", "schema"],
  ["0P000", "unavailable", "refused"],
  ["20000", "permanent"],
  ["21000", "permanent"],
  ["22001", "permanent"],
  ["22003", "permanent"],
  ["22021", "permanent"],
  ["22023", "unavailable", "schema"],
  ["22P02", "permanent"],
  ["22P05", "permanent"],
  ["23502", "unavailable", "schema"],
  ["23503", "permanent"],
  ["23505", "permanent"],
  ["23514", "permanent"],
  ["25006", "unavailable", "read-only"],
  ["25P02", "conflict", "locked"],
  ["25P03", "conflict", "locked"],
  ["26000", "conflict", "schema"],
  ["27000", "permanent"],
  ["28000", "unavailable", "refused"],
  ["28P01", "unavailable", "refused"],
  ["2BP01", "unavailable", "schema"],
  ["2F002", "permanent"],
  ["38000", "permanent"],
  ["39000", "permanent"],
  ["3D000", "unavailable", "refused"],
  ["3F000", "unavailable", "schema"],
  ["40001", "conflict", "locked"],
  ["40003", "unavailable", "unreachable"],
  ["40P01", "conflict", "locked"],
  ["42501", "unavailable", "privilege"],
  ["42601", "unavailable", "schema"],
  ["42703", "unavailable", "schema"],
  ["42704", "unavailable", "schema"],
  ["42804", "unavailable", "schema"],
  ["42809", "unavailable", "schema"],
  ["42883", "unavailable", "schema"],
  ["42P01", "unavailable", "schema"],
  ["44000", "permanent"],
  ["53000", "unavailable", "overloaded"],
  ["53100", "unavailable", "full"],
  ["53200", "unavailable", "overloaded"],
  ["53300", "unavailable", "overloaded"],
  ["53400", "unavailable", "overloaded"],
  ["54000", "permanent"],
  ["55000", "unavailable", "schema"],
  ["55006", "conflict", "locked"],
  ["55P02", "unavailable", "schema"],
  ["55P03", "conflict", "locked"],
  ["55P04", "unavailable", "schema"],
  ["57014", "unavailable", "locked"],
  ["57P01", "unavailable", "unreachable"],
  ["57P02", "unavailable", "unreachable"],
  ["57P03", "unavailable", "unreachable"],
  ["57P04", "unavailable", "unreachable"],
  ["57P05", "unavailable", "unreachable"],
  ["58030", "unavailable", "failing"],
  ["58P01", "unavailable", "failing"],
  ["72000", "conflict", "locked"],
  ["F0000", "unavailable", "failing"],
  ["HV000", "unavailable", "failing"],
  ["P0001", "permanent"],
  ["XX000", "unavailable", "failing"],
  ["XX001", "unavailable", "failing"],
];

describe("a SQLSTATE", () => {
  test.each(STATES)("%s is %s (%s)", (code, kind, problem) => {
    const error = withCode(code);
    expect(classifyDatabaseError(error)).toBe(kind);
    expect(sqlState(error)).toBe(code);
    expect(reasonOf(error)).toBe(`x (${code})`);
    if (problem !== undefined) expect(describeDatabaseError(error).problem).toBe(problem);
  });

  test("of a value is the schema's where the worker wrote the value itself: a status that the type lacks", () => {
    expect(describeDatabaseError(withCode("22P02", { routine: "enum_in" }))).toMatchObject({
      kind: "unavailable",
      problem: "schema",
    });
  });
});

describe("an error without one", () => {
  test.each<[Error, DatabaseErrorKind, DatabaseProblem?]>([
    [withCode("ECONNREFUSED"), "unavailable", "unreachable"],
    [withCode("ECONNRESET"), "unavailable", "unreachable"],
    [withCode("EPIPE"), "unavailable", "unreachable"],
    [withCode("ERR_STREAM_WRITE_AFTER_END"), "unavailable", "unreachable"],
    [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "unavailable", "unreachable"],
    [withCode("CERT_HAS_EXPIRED"), "unavailable", "unreachable"],
    [new Error("Connection terminated unexpectedly"), "unavailable", "unreachable"],
    [new Error("Connection terminated: the database stalled"), "unavailable", "unreachable"],
    [new Error("timeout exceeded when trying to connect"), "unavailable", "overloaded"],
    [new Error("Client has encountered a connection error and is not queryable"), "unavailable", "unreachable"],
    [new AggregateError([withCode("ECONNREFUSED"), withCode("ECONNREFUSED")]), "unavailable", "unreachable"],
    [new TypeError("x is not a function"), "permanent"],
    [Object.assign(new Error("x"), { code: "JOB_RESULT" }), "permanent"],
  ])("%s is %s (%s)", (error, kind, problem) => {
    expect(classifyDatabaseError(error)).toBe(kind);
    expect(sqlState(error)).toBe("");
    if (problem !== undefined) expect(describeDatabaseError(error).problem).toBe(problem);
  });

  test("that is not even an error is permanent", () => {
    expect(classifyDatabaseError("57P01")).toBe("permanent");
  });

  test("from connecting is never the statement's fault, whatever it is", () => {
    const odd = new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string");
    expect(classifyDatabaseError(odd)).toBe("permanent");
    markAsConnectError(odd);
    expect(classifyDatabaseError(odd)).toBe("unavailable");
    expect(mayHaveBeenCarriedOut(odd)).toBe(false);
  });
});

test.each<[Error, boolean]>([
  [withCode("57P01"), true],
  [withCode("57P02"), true],
  [withCode("08006"), true],
  [withCode("ECONNRESET"), true],
  [withCode("EPIPE"), true],
  [new Error("Connection terminated unexpectedly"), true],
  // The server has rolled these back.
  [withCode("57014"), false],
  [withCode("25006"), false],
  [withCode("53100"), false],
  [withCode("42P01"), false],
  [withCode("40001"), false],
  // These never reached it.
  [withCode("57P03"), false],
  [withCode("53300"), false],
  [withCode("28P01"), false],
  [withCode("ECONNREFUSED"), false],
  [new Error("timeout exceeded when trying to connect"), false],
  [withCode("23505"), false],
])("a statement that failed with %s was perhaps carried out: %s", (error, perhaps) => {
  expect(mayHaveBeenCarriedOut(error)).toBe(perhaps);
});
