import { readdirSync, readFileSync } from "node:fs";
import { parseJson } from "../../../../src/celery/protocol/json.js";
import type { RawMessage } from "../../../../src/celery/protocol/types.js";

const FOLDER = new URL("../../../conformance/golden/", import.meta.url);

/** A message recorded from a real Celery; the two large ones hold the parsed body only. */
export interface Capture {
  readonly name: string;
  readonly exchange: string;
  readonly routing_key: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly body_raw?: string;
  readonly body_base64?: string;
}

/** One malformed message and what a real worker did with it. */
export interface Outcome {
  readonly label: string;
  readonly headers: Readonly<Record<string, unknown>> | null;
  readonly props: Readonly<Record<string, string>>;
  readonly body: string;
  readonly settled: readonly string[];
  readonly worker_died: boolean;
  readonly log: readonly string[];
}

export function readCaptures(prefix: string): Capture[] {
  return readdirSync(FOLDER)
    .filter((file) => file.startsWith(prefix) && file.endsWith(".json"))
    .map((file) => ({ ...(readGolden(file) as Omit<Capture, "name">), name: file.slice(0, -".json".length) }));
}

/** Read as plain JSON: a typed value inside of a file must stay as it is written. */
export function readGolden(file: string): unknown {
  const text = readFileSync(new URL(file, FOLDER), "utf8");
  return parseJson(text.replaceAll("__type__", "__kind__"));
}

function rawBody(capture: Capture): Buffer {
  if (capture.body_base64 !== undefined) return Buffer.from(capture.body_base64, "base64");
  if (capture.body_raw !== undefined) return Buffer.from(capture.body_raw.replaceAll("__kind__", "__type__"), "utf8");
  return Buffer.from(JSON.stringify(capture.body), "utf8");
}

export function rawMessage(capture: Capture): RawMessage {
  const { properties } = capture;
  const text = (name: string): string | undefined =>
    typeof properties[name] === "string" ? properties[name] : undefined;
  return {
    body: rawBody(capture),
    headers: capture.headers,
    contentType: text("content_type"),
    contentEncoding: text("content_encoding"),
    correlationId: text("correlation_id"),
    replyTo: text("reply_to"),
  };
}
