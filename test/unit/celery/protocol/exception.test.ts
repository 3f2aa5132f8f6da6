import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EncodeError } from "../../../../src/celery/protocol/errors.js";
import {
  decodeException,
  encodeException,
  exceptionRepr,
  RemoteTaskError,
  tracebackOf,
} from "../../../../src/celery/protocol/exception.js";

const unfit = z
  .object({ job: z.object({ id: z.string() }), runs: z.int() })
  .safeParse({ job: { id: 1 }, runs: 1.5 }).error;
const UNFIT =
  "job.id: Invalid input: expected string, received number; runs: Invalid input: expected int, received number";

class OwnError extends Error {}
class NamedError extends TypeError {
  override readonly name = "NamedError";
}
class DeclaredError extends Error {
  readonly excType = "HandError";
  readonly excModule = "poker.errors";
  readonly excArgs = ["bad hand", 7];
}

const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });

describe("encodeException", () => {
  it.each<[unknown, string, string, unknown[]]>([
    [new Error("x"), "Exception", "builtins", ["x"]],
    [new TypeError("x"), "TypeError", "builtins", ["x"]],
    [new RangeError("x"), "ValueError", "builtins", ["x"]],
    [new SyntaxError("x"), "ValueError", "builtins", ["x"]],
    [new ReferenceError("x"), "NameError", "builtins", ["x"]],
    [new OwnError("x"), "OwnError", "javascript", ["x"]],
    [new NamedError("x"), "NamedError", "javascript", ["x"]],
    [Object.assign(new Error("x"), { name: "Renamed" }), "Renamed", "javascript", ["x"]],
    [new DOMException("x", "AbortError"), "AbortError", "javascript", ["x"]],
    [unfit, "ZodError", "javascript", [UNFIT]],
    [refused, "ConnectionRefusedError", "builtins", ["connect ECONNREFUSED"]],
    [Object.assign(new Error("x"), { code: "ENOTDIR", syscall: "open" }), "OSError", "builtins", ["x"]],
    [new DeclaredError("x"), "HandError", "poker.errors", ["bad hand", 7]],
    [new EncodeError("x"), "EncodeError", "kombu.exceptions", ["x"]],
    ["text", "Exception", "builtins", ["text"]],
    [undefined, "Exception", "builtins", [null]],
    [new RemoteTaskError("KeyError", "builtins", ["k"]), "KeyError", "builtins", ["k"]],
  ])("describes %s as %s of %s", (error, exc_type, exc_module, exc_message) => {
    expect(encodeException(error)).toEqual({ exc_type, exc_module, exc_message });
  });

  it("sends arguments that cannot be serialized as their repr", () => {
    const error = Object.assign(new Error("x"), {
      excType: "E",
      excModule: "m",
      excArgs: [new Map([[1, 2]]), () => 1, 5n],
    });
    expect(encodeException(error).exc_message).toEqual(["{1: 2}", expect.stringContaining("<function"), 5n]);
  });
});

describe("decodeException", () => {
  it("keeps Python's class, module and arguments", () => {
    const error = decodeException({ exc_type: "MyErr", exc_message: ["custom", 1], exc_module: "wapp" });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ pythonType: "MyErr", module: "wapp", args: ["custom", 1], message: "('custom', 1)" });
  });

  it.each<[unknown, string]>([
    [{ exc_type: "KeyError", exc_message: ["k"], exc_module: "builtins" }, "k"],
    [{ exc_type: "KeyError", exc_message: "plain", exc_module: null }, "plain"],
    [{ exc_type: "E", exc_message: [{ a: 1 }], exc_module: "m" }, "{'a': 1}"],
    [{ exc_type: "E", exc_message: [], exc_module: "m" }, ""],
    [{ exc_type: 5 }, "{'exc_type': 5}"],
    ["text", "text"],
    [null, ""],
  ])("makes an error of %o", (value, message) => {
    expect(decodeException(value).message).toBe(message);
  });
});

describe("exceptionRepr", () => {
  it.each<[unknown, string]>([
    [new RangeError("it's\nover"), `ValueError("it's\\nover")`],
    [new DeclaredError("x"), "HandError('bad hand', 7)"],
    [decodeException({ exc_type: "Outer.Inner", exc_message: ["x"], exc_module: "m" }), "Inner('x')"],
    [decodeException({ exc_type: "E", exc_message: [], exc_module: "m" }), "E()"],
  ])("shows %s as %s", (error, text) => {
    expect(exceptionRepr(error)).toBe(text);
  });
});

describe("tracebackOf", () => {
  it("is the stack, with those of the causes", () => {
    const cause = new RangeError("inner");
    const text = tracebackOf(new Error("outer", { cause }));
    expect(text).toMatch(/^Error: outer\n\s+at /);
    expect(text).toMatch(/\nCaused by: RangeError: inner\n\s+at /);
  });

  it("ends for causes in a circle, and for things that are no errors", () => {
    const error = new Error("x");
    error.cause = error;
    expect(tracebackOf(error)).toMatch(/^Error: x/);
    expect(tracebackOf("text")).toBe("'text'");
    expect(tracebackOf(new Error("x", { cause: { code: 5 } }))).toContain("Caused by: {'code': 5}");
  });
});
