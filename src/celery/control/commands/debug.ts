import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHeapStatistics, writeHeapSnapshot } from "node:v8";
import type { ControlCommand } from "../command.js";

/** Resident memory at each `memsample`, newest last. */
const samples: number[] = [];
const MAX_SAMPLES = 100;

const UNITS: readonly (readonly [divisor: number, name: string])[] = [
  [2 ** 40, "TB"],
  [2 ** 30, "GB"],
  [2 ** 20, "MB"],
  [2 ** 10, "KB"],
];

/** Commands that look into the process's memory. */
export const debugCommands: readonly ControlCommand[] = [
  {
    name: "memsample",
    kind: "inspect",
    help: "Sample current RSS memory usage.",
    lenient: true,
    run: () => {
      const { rss } = process.memoryUsage();
      samples.push(rss);
      if (samples.length > MAX_SAMPLES) samples.shift();
      return humanBytes(rss);
    },
  },
  {
    name: "memdump",
    kind: "inspect",
    help: "Dump statistics of previous memsample requests.",
    signature: "[n_samples=10]",
    parameters: [{ name: "samples", type: "integer", default: 10, help: "how many of the latest samples" }],
    lenient: true,
    run: (_worker, args) => memoryDump(args.number("samples") ?? 10),
  },
  {
    name: "objgraph",
    kind: "inspect",
    help: "Write a heap snapshot for Chrome's memory tools (memory-leak debugging).",
    signature: "[object_type=Request] [num=200 [max_depth=10]]",
    timeoutSeconds: 60,
    parameters: [
      { name: "type", type: "string", default: "Request", help: "ignored: the snapshot holds every object" },
      { name: "num", type: "integer", default: 200, help: "ignored" },
      { name: "max_depth", type: "integer", default: 10, help: "ignored" },
    ],
    run: (worker) => {
      worker.log.warn("writing a heap snapshot: the worker answers nobody until it is done");
      // A directory that only this user may enter: the snapshot holds everything in memory, passwords too.
      const folder = mkdtempSync(join(tmpdir(), "celery-heap-"));
      return { filename: writeHeapSnapshot(join(folder, `${process.pid}.heapsnapshot`)) };
    },
  },
];

function memoryDump(count: number): string {
  const heap = getHeapStatistics();
  const latest = samples.slice(-Math.max(0, count));
  return [
    ...(latest.length === 0 ? [] : ["- rss (sample):", ...latest.map((bytes) => `-    > ${humanBytes(bytes)},`)]),
    `- rss (end): ${humanBytes(process.memoryUsage().rss)}.`,
    `- heap: ${humanBytes(heap.used_heap_size)} used of ${humanBytes(heap.total_heap_size)}, limit ${humanBytes(heap.heap_size_limit)}.`,
    `- external: ${humanBytes(heap.external_memory)}.`,
    "",
  ].join("\n");
}

/** As Celery writes sizes: five digits and a unit. */
function humanBytes(bytes: number): string {
  const [divisor, name] = UNITS.find(([size]) => bytes >= size) ?? [1, "b"];
  const value = bytes / divisor;
  return `${Number.isInteger(value) ? value : Number(value.toPrecision(5))}${name}`;
}
