/**
 * Cost of the codec for each message, against the bare JSON functions that a consumer without a codec would call. Ratios
 * come from the same run: rounds of all contenders alternate, and medians are shown.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseJson, stringifyJson } from "../src/celery/protocol/json.js";
import { decodeTaskMessage } from "../src/celery/protocol/message-decode.js";
import { encodeTaskMessage } from "../src/celery/protocol/message-encode.js";
import type { RawMessage } from "../src/celery/protocol/types.js";
import { printTable, type Row, saveResults } from "./report.js";

interface Contender {
  readonly name: string;
  readonly run: () => unknown;
}

const ROUNDS = 15;
const ROUND_MS = 60;
const accept = new Set(["application/json"]);

const captured = rawMessage("task-5.6.2-apply_async_defaults.json");
const small = captured.body.toString();
const game = Array.from({ length: 200 }, (_, index) => ({
  hand: `AhKd${index}`,
  equity: index / 200,
  actions: [1, 2, null],
}));
const large = JSON.stringify([[game], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]);
const special = large.replace('"AhKd0"', "12345678901234567890");
const largeMessage = { ...captured, body: Buffer.from(large) };
const largeValue: unknown = JSON.parse(large);
const smallValue: unknown = JSON.parse(small);
const message = decodeTaskMessage(captured, { accept });

const groups: ReadonlyArray<readonly [string, ReadonlyArray<readonly [Contender, Contender]>]> = [
  [
    "read a task message",
    [
      [
        { name: `JSON.parse, ${captured.body.length} B`, run: () => JSON.parse(captured.body.toString()) },
        { name: "decodeTaskMessage", run: () => decodeTaskMessage(captured, { accept }) },
      ],
      [
        { name: `JSON.parse, ${large.length} B`, run: () => JSON.parse(largeMessage.body.toString()) },
        { name: "decodeTaskMessage", run: () => decodeTaskMessage(largeMessage, { accept }) },
      ],
    ],
  ],
  [
    "read JSON text",
    [
      [
        { name: `JSON.parse, ${small.length} B`, run: () => JSON.parse(small) },
        { name: "parseJson", run: () => parseJson(small) },
      ],
      [
        { name: `JSON.parse, ${large.length} B`, run: () => JSON.parse(large) },
        { name: "parseJson", run: () => parseJson(large) },
      ],
      [
        { name: `JSON.parse, ${special.length} B (wrong)`, run: () => JSON.parse(special) },
        { name: "parseJson, long integers", run: () => parseJson(special) },
      ],
    ],
  ],
  [
    "write JSON text",
    [
      [
        { name: `JSON.stringify, ${small.length} B`, run: () => JSON.stringify(smallValue) },
        { name: "stringifyJson", run: () => stringifyJson(smallValue) },
      ],
      [
        { name: `JSON.stringify, ${large.length} B`, run: () => JSON.stringify(largeValue) },
        { name: "stringifyJson", run: () => stringifyJson(largeValue) },
      ],
    ],
  ],
  [
    "write a task message",
    [
      [
        { name: `JSON.stringify, ${small.length} B`, run: () => Buffer.from(JSON.stringify(smallValue)) },
        { name: "encodeTaskMessage", run: () => encodeTaskMessage(message, { protocol: 2, serializer: "json" }) },
      ],
    ],
  ],
];

const rows: Row[] = [];
for (const [title, pairs] of groups) {
  for (const [bare, ours] of pairs) {
    const [bareUs, oursUs] = measure([bare, ours]);
    rows.push({
      what: title,
      bare: bare.name,
      bareUs,
      ours: ours.name,
      oursUs,
      ratio: Number((oursUs / bareUs).toFixed(2)),
    });
  }
}
printTable(rows);
saveResults("codec", rows);

/** Median microseconds of one call of each. */
function measure(contenders: readonly [Contender, Contender]): [number, number] {
  const samples: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { run }] of contenders.entries()) samples[index]?.push(timeOf(run));
  }
  return [median(samples[0]), median(samples[1])];
}

function median(times: readonly number[]): number {
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  return Number(middle.toFixed(2));
}

function timeOf(run: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  let elapsed = 0;
  do {
    for (let index = 0; index < 100; index += 1) run();
    calls += 100;
    elapsed = performance.now() - start;
  } while (elapsed < ROUND_MS);
  return (elapsed * 1000) / calls;
}

function rawMessage(file: string): RawMessage {
  const folder = new URL("../test/conformance/golden/", import.meta.url);
  if (!readdirSync(folder).includes(file)) throw new Error(`${file} is missing`);
  const capture = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
    body_raw: string;
    headers: Record<string, unknown>;
  };
  return {
    body: Buffer.from(capture.body_raw),
    headers: capture.headers,
    contentType: "application/json",
    contentEncoding: "utf-8",
    correlationId: "x",
    replyTo: undefined,
  };
}
