import { beforeAll, describe, expect, it } from "vitest";
import { decompress, prepare } from "../../../../src/celery/protocol/compression.js";
import type { MessageError } from "../../../../src/celery/protocol/errors.js";
import { decodeException, encodeException } from "../../../../src/celery/protocol/exception.js";
import { parseJson, stringifyJson } from "../../../../src/celery/protocol/json.js";
import { decodeTaskMessage } from "../../../../src/celery/protocol/message-decode.js";
import { encodeTaskMessage, type OutgoingTask } from "../../../../src/celery/protocol/message-encode.js";
import { decodeBody } from "../../../../src/celery/protocol/serializers.js";
import type { RawMessage, TaskMessage } from "../../../../src/celery/protocol/types.js";
import { type Outcome, rawMessage, readCaptures, readGolden } from "./captures.js";

const accept = new Set(["json", "yaml", "msgpack"]);

/** A decoded message as the input of the encoder. */
function outgoing(
  message: TaskMessage,
  raw: RawMessage,
  capture: { properties: Record<string, unknown> },
): OutgoingTask {
  return {
    ...message,
    priority: Number(capture.properties.priority ?? 0),
    deliveryMode: capture.properties.delivery_mode === 1 ? 1 : 2,
    ...(raw.correlationId === undefined ? {} : { correlationId: raw.correlationId }),
    ...(raw.replyTo === undefined ? {} : { replyTo: raw.replyTo }),
  };
}

beforeAll(() => prepare("zstd"));

describe("captured task messages", () => {
  const refused = new Set(["serializer_pickle", "auth_signed"]);
  const captures = readCaptures("task-").filter(({ name }) => !refused.has(name.split("-")[2] ?? ""));

  it("are all there", () => {
    expect(captures.length).toBeGreaterThan(130);
  });

  it.each(captures)("$name: decodes, and encodes to the same message", (capture) => {
    const raw = rawMessage(capture);
    const message = decodeTaskMessage(raw, { accept });
    const serializer = raw.contentType === "application/x-yaml" ? "yaml" : "json";
    const compression = capture.headers.compression;
    const encoded = encodeTaskMessage(outgoing(message, raw, capture as never), {
      protocol: message.protocol,
      serializer,
      nowMs: 0,
    });

    const unpacked = typeof compression === "string" ? decompress(raw.body, compression) : raw.body;
    expect(decodeBody(encoded.body, raw.contentType, raw.contentEncoding, accept)).toEqual(
      decodeBody(unpacked, raw.contentType, raw.contentEncoding, accept),
    );
    expect(encoded.properties).toMatchObject({
      contentType: capture.properties.content_type,
      contentEncoding: capture.properties.content_encoding,
      correlationId: capture.properties.correlation_id,
      deliveryMode: capture.properties.delivery_mode,
      priority: capture.properties.priority ?? 0,
    });
    expect(encoded.properties.replyTo).toBe(capture.properties.reply_to);
    expect(encoded.properties.expiration !== undefined).toBe(capture.properties.expiration !== undefined);
    expectSameHeaders(encoded.headers, capture.headers, message.protocol);
  });

  it("are refused when pickled or signed", () => {
    const rest = readCaptures("task-").filter(({ name }) => refused.has(name.split("-")[2] ?? ""));
    expect(rest).toHaveLength(4);
    for (const capture of rest) {
      expect(() => decodeTaskMessage(rawMessage(capture), { accept })).toThrow(
        expect.objectContaining({ kind: "disallowed", disposition: "reject" }),
      );
    }
  });
});

function expectSameHeaders(
  encoded: Readonly<Record<string, unknown>>,
  captured: Readonly<Record<string, unknown>>,
  protocol: 1 | 2,
): void {
  const { lang, compression, ...expected } = captured;
  if (protocol === 1) {
    expect(encoded).toEqual(expected);
    return;
  }
  // 5.2 does not know these three.
  const current = { replaced_task_nesting: 0, stamped_headers: null, stamps: {}, ...expected };
  const { lang: _, ...actual } = encoded;
  const naive = /\d$/.test(String(captured.eta)) && !/[+-]\d{2}:\d{2}$/.test(String(captured.eta));
  expect(actual).toEqual(naive ? { ...current, eta: expect.stringMatching(/\.\d{6}\+00:00$/) } : current);
}

describe("captured results", () => {
  it.each(readCaptures("result-"))("$name: reads, and writes to the same text", (capture) => {
    const raw = rawMessage(capture);
    const body = decodeBody(raw.body, raw.contentType, raw.contentEncoding, accept) as Record<string, unknown>;
    expect(parseJson(stringifyJson(body))).toEqual(body);
    if (["FAILURE", "REVOKED", "RETRY"].includes(String(body.status)) && body.result !== null) {
      expect(encodeException(decodeException(body.result))).toEqual(body.result);
    }
  });
});

describe.each(["52", "56"])("malformed messages that Celery %s was given", (version) => {
  const outcomes = readGolden(`badmsg-outcomes-${version}.json`) as Outcome[];

  it.each(outcomes)("$label: has Celery's outcome", (outcome) => {
    const raw = {
      body: bytesOf(outcome.body.replaceAll("__kind__", "__type__")),
      headers: outcome.headers ?? {},
      contentType: outcome.props.content_type,
      contentEncoding: outcome.props.content_encoding,
      correlationId: outcome.props.correlation_id,
      replyTo: outcome.props.reply_to,
    };
    const decode = (): TaskMessage => decodeTaskMessage(raw, { accept: new Set(["json"]) });
    const expected = expectation(outcome, version);
    if (expected === null) expect(decode().task).not.toBe("");
    else expect(decode).toThrow(expect.objectContaining(expected));
  });
});

/** What we expect of the decoder, told from what the worker logged; null when the message is good. */
function expectation(outcome: Outcome, version: string): Partial<MessageError> | null {
  const log = outcome.log[0] ?? "";
  // Celery 5.2 dies of these two, 5.6 does not.
  if (version === "52" && outcome.label === "v2_body_dict_hybrid") return null;
  if (version === "52" && outcome.label === "unknown_typetag") return { kind: "undecodable", disposition: "ack" };
  if (outcome.label === "v2_kwargs_list") return { kind: "invalid", disposition: "ack" };
  // Python is content with None for an id only in protocol 1.
  if (outcome.worker_died || outcome.label === "v2_body_empty") return { kind: "invalid", disposition: "reject" };
  if (outcome.label === "eta_7digits") return null;
  if (log.includes("Received and deleted unknown message")) return { kind: "unknown-message", disposition: "reject" };
  if (log.includes("ContentDisallowed")) return { kind: "disallowed", disposition: "ack" };
  if (log.includes("Can't decode message body")) return { kind: "undecodable", disposition: "ack" };
  if (log.includes("Refusing to deserialize")) {
    return { kind: "disallowed", disposition: "reject", reason: log.slice("ERROR ".length) };
  }
  if (log.includes("Received invalid task message")) return { kind: "invalid", disposition: "reject" };
  return null;
}

/** Bodies that are no text were recorded as Python's repr of bytes. */
function bytesOf(recorded: string): Buffer {
  const match = /^b(['"])(.*)\1$/s.exec(recorded);
  if (match?.[2] === undefined) return Buffer.from(recorded, "utf8");
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'", '"': '"' };
  const text = match[2].replace(/\\(x([0-9a-f]{2})|.)/gs, (_, first: string, hex: string | undefined) =>
    hex === undefined ? (escapes[first] ?? first) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(text, "latin1");
}
