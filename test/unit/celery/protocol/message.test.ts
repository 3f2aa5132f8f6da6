import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncodeError, MessageError } from "../../../../src/celery/protocol/errors.js";
import { parseJson } from "../../../../src/celery/protocol/json.js";
import { decodeTaskMessage } from "../../../../src/celery/protocol/message-decode.js";
import { encodeTaskMessage, type OutgoingTask } from "../../../../src/celery/protocol/message-encode.js";
import type { RawMessage, SignatureDict, TaskMessage } from "../../../../src/celery/protocol/types.js";

const accept = new Set(["json", "yaml", "msgpack"]);

function raw(overrides: Partial<RawMessage> = {}): RawMessage {
  return {
    body: Buffer.from("[[1, 2], {}, null]"),
    headers: { task: "t.add", id: "id-1" },
    contentType: "application/json",
    contentEncoding: "utf-8",
    correlationId: "id-1",
    replyTo: undefined,
    ...overrides,
  };
}

const decode = (message: Partial<RawMessage>, timezone?: string): TaskMessage =>
  decodeTaskMessage(raw(message), { accept, ...(timezone === undefined ? {} : { timezone }) });
const signature = (task: string, options: Record<string, unknown> = {}): SignatureDict => ({
  task,
  args: [],
  kwargs: {},
  options,
  subtask_type: null,
  immutable: false,
});

describe("decodeTaskMessage", () => {
  it("fills in what a minimal message leaves out", () => {
    expect(decode({})).toEqual({
      protocol: 2,
      id: "id-1",
      task: "t.add",
      args: [1, 2],
      kwargs: {},
      embed: { callbacks: null, errbacks: null, chain: null, chord: null },
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      groupIndex: null,
      retries: 0,
      timelimit: [null, null],
      rootId: null,
      parentId: null,
      argsrepr: "(1, 2)",
      kwargsrepr: "{}",
      origin: null,
      ignoreResult: null,
      replacedTaskNesting: 0,
      stampedHeaders: null,
      stamps: {},
      customHeaders: {},
    });
  });

  it("takes odd but harmless headers as Celery does", () => {
    const headers = {
      task: "t",
      id: 7,
      retries: "2",
      timelimit: [],
      stamped_headers: ["a"],
      stamps: { a: 1 },
      mine: 1,
    };
    expect(decode({ headers })).toMatchObject({
      id: "7",
      retries: 2,
      timelimit: [null, null],
      stampedHeaders: ["a"],
      stamps: { a: 1 },
      customHeaders: { mine: 1 },
    });
    expect(decode({ headers: { task: "t", id: "x", timelimit: [30, null] } }).timelimit).toEqual([30, null]);
    expect(decode({ body: Buffer.from('[{"a": 1, "b": 2}, {}, null]') }).args).toEqual(["a", "b"]);
  });

  it("lets the headers of a hybrid message win over its body", () => {
    const body = Buffer.from(
      '{"task": "other", "id": "other", "args": [1], "kwargs": {"k": 2}, "retries": 3, "callbacks": []}',
    );
    expect(decode({ body })).toMatchObject({
      protocol: 2,
      id: "id-1",
      task: "t.add",
      args: [1],
      kwargs: { k: 2 },
      retries: 3,
      embed: { callbacks: [], chain: null },
    });
  });

  it.each(["[]", '""', "false", "0", "{}"])("takes %s for nothing that follows, as Python does", (nothing) => {
    const none = { callbacks: null, errbacks: null, chain: null, chord: null };
    expect(decode({ body: Buffer.from(`[[], {}, ${nothing}]`) }).embed).toEqual(none);
    const embed = decode({ body: Buffer.from(`[[], {}, {"callbacks": ${nothing}, "chord": ${nothing}}]`) }).embed;
    expect(embed).toMatchObject({ chord: null, callbacks: nothing === "[]" ? [] : null });
  });

  it("reads protocol 1: taskset before group, times in the app's zone unless utc", () => {
    const fields = { task: "t", id: "i", args: [1], taskset: "ts", group: "g", eta: "2024-07-01T12:00:00" };
    const read = (extra: object): TaskMessage =>
      decode({ headers: { mine: 1 }, body: Buffer.from(JSON.stringify({ ...fields, ...extra })) }, "America/New_York");
    expect(read({})).toMatchObject({
      protocol: 1,
      group: "ts",
      kwargs: {},
      argsrepr: "[1]",
      customHeaders: { mine: 1 },
    });
    expect(read({}).eta?.toISOString()).toBe("2024-07-01T12:00:00.000Z");
    expect(read({ utc: false }).eta?.toISOString()).toBe("2024-07-01T16:00:00.000Z");
    expect(read({ id: null }).id).toBe("id-1");
    expect(read({ id: 4242 }).id).toBe("4242");
  });

  it.each<[string, Partial<RawMessage>, Partial<MessageError>]>([
    ["no id", { headers: { task: "t" } }, { kind: "invalid", disposition: "reject" }],
    ["an empty body", { body: Buffer.alloc(0) }, { kind: "invalid", disposition: "reject" }],
    ["a null body", { body: Buffer.from("null") }, { kind: "invalid", disposition: "reject" }],
    ["arguments that are a number", { body: Buffer.from("[1, {}, null]") }, { kind: "invalid", disposition: "reject" }],
    ["an embed that is a list", { body: Buffer.from("[[], {}, [1]]") }, { kind: "invalid", disposition: "reject" }],
    ["no content type", { contentType: undefined }, { kind: "invalid", disposition: "reject" }],
    [
      "a numeric expiry",
      { headers: { task: "t", id: "i", expires: 12345 } },
      { kind: "invalid", disposition: "reject" },
    ],
    [
      "an unparsable ETA",
      { headers: { task: "t", id: "i", eta: "soon" } },
      { reason: expect.stringContaining("invalid ETA value 'soon'") as string },
    ],
    ["a body that is no UTF-8", { body: Buffer.from([0xff]) }, { kind: "undecodable", disposition: "ack" }],
    [
      "an unknown compression",
      { headers: { task: "t", id: "i", compression: "application/x-nope" } },
      { kind: "undecodable", disposition: "ack" },
    ],
    ["YAML with a tag", { contentType: "application/x-yaml", body: Buffer.from("!x 1") }, { kind: "undecodable" }],
    ["no task at all", { headers: {}, body: Buffer.from("[]") }, { kind: "unknown-message", disposition: "reject" }],
    [
      "a body over the limit",
      { headers: { task: "t", id: "i" }, body: Buffer.from(`[["${"[".repeat(9)}"], {}]`) },
      { kind: "invalid" },
    ],
  ])("refuses %s", (_, message, expected) => {
    expect(() => decode(message)).toThrow(expect.objectContaining(expected));
  });

  it("ends with a message or a MessageError, whatever comes", () => {
    const headers = fc.record(
      {
        task: fc.oneof(fc.string(), fc.constant(null)),
        id: fc.anything(),
        eta: fc.anything(),
        expires: fc.oneof(fc.string(), fc.date().map(String), fc.integer()),
        retries: fc.anything(),
        timelimit: fc.anything(),
        stamps: fc.anything(),
        stamped_headers: fc.anything(),
        compression: fc.constantFrom(undefined, null, "gzip", "bzip2", "xz", "zstd", "brotli", "__proto__", "x"),
        __proto__: fc.string(),
      },
      { requiredKeys: [] },
    );
    const bodies = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc.tuple(fc.jsonValue(), fc.jsonValue(), fc.jsonValue()).map((parts) => Buffer.from(JSON.stringify(parts))),
      fc
        .dictionary(
          fc.constantFrom("task", "id", "args", "kwargs", "eta", "utc", "taskset", "callbacks"),
          fc.jsonValue(),
        )
        .map((fields) => Buffer.from(JSON.stringify(fields))),
    );
    const types = fc.constantFrom(
      "application/json",
      "application/x-yaml",
      "application/x-msgpack",
      "application/data",
      "application/x-python-serialize",
      "text/plain",
      undefined,
    );
    fc.assert(
      fc.property(
        headers,
        bodies,
        types,
        fc.constantFrom("utf-8", "binary", undefined),
        (head, body, type, encoding) => {
          try {
            const message = decode({ headers: head, body, contentType: type, contentEncoding: encoding });
            expect(typeof message.id).toBe("string");
            expect(Array.isArray(message.args)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(MessageError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("encodeTaskMessage", () => {
  const task: OutgoingTask = { id: "i", task: "t", args: [1, "two"], kwargs: { k: 3 } };
  const v2 = { protocol: 2, serializer: "json" } as const;

  it("writes every header and property that Celery does", () => {
    const { headers, properties, body } = encodeTaskMessage(task, v2);
    expect(headers).toEqual({
      lang: "js",
      task: "t",
      id: "i",
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: "i",
      parent_id: null,
      argsrepr: "(1, 'two')",
      kwargsrepr: "{'k': 3}",
      origin: null,
      ignore_result: false,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    });
    expect(properties).toEqual({
      contentType: "application/json",
      contentEncoding: "utf-8",
      correlationId: "i",
      deliveryMode: 2,
      priority: 0,
    });
    expect(JSON.parse(body.toString())).toEqual([
      [1, "two"],
      { k: 3 },
      { callbacks: null, errbacks: null, chain: null, chord: null },
    ]);
  });

  it("gives an expiring message its remaining time, at least zero", () => {
    const expires = new Date(10_000);
    const expiration = (nowMs: number): string | undefined =>
      encodeTaskMessage({ ...task, expires }, { ...v2, nowMs }).properties.expiration;
    expect(expiration(4_000)).toBe("6000");
    expect(expiration(50_000)).toBe("0");
  });

  it("protects the protocol's headers from custom ones", () => {
    const { headers } = encodeTaskMessage({ ...task, customHeaders: { id: "evil", mine: 1 } }, v2);
    expect(headers).toMatchObject({ id: "i", mine: 1 });
  });

  it("compresses, and names the method in a header", () => {
    const encoded = encodeTaskMessage(task, { ...v2, compression: "zlib" });
    expect(encoded.headers.compression).toBe("application/x-gzip");
    expect(decode({ body: encoded.body, headers: encoded.headers })).toMatchObject({ args: [1, "two"] });
    expect(() => encodeTaskMessage(task, { ...v2, compression: "bzip2" })).toThrow(EncodeError);
  });

  it("nests a chain in callbacks for protocol 1", () => {
    const chain = [signature("third"), signature("second", { link: [signature("aside")] }), signature("first")];
    const { body, headers } = encodeTaskMessage({ ...task, embed: { chain } }, { protocol: 1, serializer: "json" });
    expect(headers).toEqual({});
    const { callbacks } = parseJson(body.toString()) as { callbacks: SignatureDict[] };
    expect(callbacks).toMatchObject([
      {
        task: "first",
        options: { link: [{ task: "second", options: { link: [{ task: "aside" }, { task: "third" }] } }] },
      },
    ]);
  });

  it("refuses arguments that cannot be serialized", () => {
    expect(() => encodeTaskMessage({ ...task, args: [new Map()] }, v2)).toThrow(EncodeError);
  });

  it("writes messages that decodeTaskMessage reads back, in both protocols and every serializer", () => {
    const text = fc.string();
    const iso = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    const json = fc.jsonValue().filter((value) => !/\d{16}/.test(JSON.stringify(value)));
    const messages = fc.record({
      id: fc.uuid(),
      task: text.filter((name) => name !== ""),
      args: fc.array(json),
      kwargs: fc.dictionary(text, json, { noNullPrototype: true }),
      shadow: fc.option(text),
      eta: fc.option(iso),
      expires: fc.option(iso),
      group: fc.option(fc.uuid()),
      groupIndex: fc.option(fc.nat()),
      retries: fc.nat(),
      timelimit: fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())),
      ignoreResult: fc.boolean(),
      stamps: fc.dictionary(text, text, { noNullPrototype: true }),
    });
    const options = fc.record({
      protocol: fc.constantFrom(1 as const, 2 as const),
      serializer: fc.constantFrom("json" as const, "yaml" as const, "msgpack" as const),
    });
    fc.assert(
      fc.property(messages, options, (message, option) => {
        // The msgpack library renames this one key.
        fc.pre(option.serializer !== "msgpack" || !JSON.stringify(message).includes("__proto__"));
        const { body, headers, properties } = encodeTaskMessage(message, option);
        const { shadow, ignoreResult, stamps, ...common } = message;
        const expected = option.protocol === 2 ? message : common;
        const read = decode({ body, headers, contentType: properties.contentType });
        expect({ ...read, args: plain(read.args), kwargs: plain(read.kwargs) }).toMatchObject({
          ...expected,
          args: plain(message.args),
          kwargs: plain(message.kwargs),
        });
      }),
      { numRuns: 300 },
    );
  });
});

/** -0 is 0 in JSON and YAML. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
