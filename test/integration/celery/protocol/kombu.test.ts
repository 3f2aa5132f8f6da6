import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPython, RESULT_MODULES } from "../../../../scripts/local/provision.js";
import { compress, decompress } from "../../../../src/celery/protocol/compression.js";
import { encodeException, exceptionRepr } from "../../../../src/celery/protocol/exception.js";
import { parseJson } from "../../../../src/celery/protocol/json.js";
import { decodeBody, encodeBody } from "../../../../src/celery/protocol/serializers.js";
import { PythonDateTime } from "../../../../src/celery/protocol/time.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "../../../../src/celery/protocol/typed-values.js";

const SCRIPT = fileURLToPath(new URL("./peer.py", import.meta.url));
const accept = new Set(["json", "yaml"]);

interface Packed {
  readonly body: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly compression: string | null;
}

interface Answer {
  readonly repr: string;
  /** What kombu read, as Python's JSON. */
  readonly value: string;
  readonly again: Packed;
}

async function kombu(messages: readonly unknown[]): Promise<unknown[]> {
  const interpreter = await findPython(RESULT_MODULES);
  if (interpreter === undefined) throw new Error("no Python with Celery");
  const child = spawn(interpreter, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(messages));
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`peer.py ended with ${code}`);
  return JSON.parse(output) as unknown[];
}

/** -0 has no sign as an integer. */
const number = fc.double().map((value) => (value === 0 ? 0 : value));
const plain = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: "grapheme" }),
    number.filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value)),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 300n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie("node"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).node;

/** Text that YAML takes for something else unless it is quoted or escaped. */
const AWKWARD = {
  "<<": null,
  "=": ["<<", "=", "~", "NO", "1:30", "0x1F", "2024-01-02", ".inf", "# no comment", "- no item"],
  controls: ["\u0085", "a\u2028b", "\ufeff", "\u007f\u0080", "\uffff", "\0\u0007"],
};

describe("kombu", () => {
  it.each([
    ["json", undefined],
    ["json", "zlib"],
    ["json", "bzip2"],
    ["json", "lzma"],
    ["yaml", undefined],
  ] as const)("reads our %s and we read its own, compressed with %s", async (serializer, method) => {
    const values = [AWKWARD, ...fc.sample(plain, { numRuns: 150, seed: 5 })];
    const messages = values.map((value) => {
      const { body, contentType, contentEncoding } = encodeBody(value, serializer);
      const packed = method === "zlib" ? compress(body, method) : { body, header: null };
      const compression = packed.header;
      return { body: packed.body.toString("base64"), contentType, contentEncoding, compression, serializer, method };
    });
    const answers = (await kombu(messages)) as Answer[];
    for (const [index, { value, again }] of answers.entries()) {
      expect(parseJson(value)).toEqual(values[index]);
      const body = Buffer.from(again.body, "base64");
      const unpacked = again.compression === null ? body : decompress(body, again.compression);
      expect(decodeBody(unpacked, again.contentType, again.contentEncoding, accept)).toEqual(values[index]);
    }
  });

  it("reads our typed values, and we read its own", async () => {
    const values = [
      new PythonDateTime("2024-01-02T03:04:05.000006+00:00"),
      new PythonDateTime("2024-01-02T03:04:05"),
      new Date(1704164645006),
      new PythonDate("2024-01-02"),
      new PythonTime("01:02:03"),
      new Decimal("1.10"),
      new Uuid("00000000-0000-0000-0000-000000000005"),
      Buffer.from("abc"),
      Buffer.from([255, 254]),
    ];
    const { body, contentType, contentEncoding } = encodeBody(values, "json");
    const message = { body: body.toString("base64"), contentType, contentEncoding, serializer: "json" };
    const [answer] = (await kombu([message])) as [Answer];
    const again = decodeBody(Buffer.from(answer.again.body, "base64"), contentType, contentEncoding, accept);
    expect(encodeBody(again, "json").body.toString()).toBe(body.toString());
    // kombu before 5.3 leaves the pairs as they are.
    if (answer.repr.includes("__type__")) return;
    expect(answer.repr).toBe(
      "[datetime.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc), " +
        "datetime.datetime(2024, 1, 2, 3, 4, 5), " +
        "datetime.datetime(2024, 1, 2, 3, 4, 5, 6000, tzinfo=datetime.timezone.utc), " +
        "datetime.date(2024, 1, 2), datetime.time(1, 2, 3), Decimal('1.10'), " +
        "UUID('00000000-0000-0000-0000-000000000005'), b'abc', b'\\xff\\xfe']",
    );
  });

  it("raises our errors as what they say they are", async () => {
    const errors = [
      new RangeError("it's over"),
      new TypeError("no"),
      new Error("plain"),
      Object.assign(new Error("x"), { excType: "MaxRetriesExceededError", excModule: "celery.exceptions" }),
      Object.assign(new Error("x"), { excType: "TimeLimitExceeded", excModule: "billiard.exceptions", excArgs: [1] }),
      new (class HandError extends Error {})("bad\n'hand'"),
    ];
    const answers = (await kombu(errors.map((error) => ({ exception: encodeException(error) })))) as string[][];
    expect(answers.map(([name, module]) => `${module}.${name}`)).toEqual([
      "builtins.ValueError",
      "builtins.TypeError",
      "builtins.Exception",
      "celery.exceptions.MaxRetriesExceededError",
      "billiard.exceptions.TimeLimitExceeded",
      "celery.exceptions.HandError",
    ]);
    expect(answers.map(([, , repr]) => repr)).toEqual(errors.map(exceptionRepr));
  });
});
