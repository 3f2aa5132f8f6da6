import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHeapStatistics, writeHeapSnapshot } from "node:v8";
import { type ControlCommand, PythonError } from "../command.js";
import type { ControlledWorker } from "../controlled-worker.js";

/** Resident memory at each `memsample`, newest last. */
const samples: number[] = [];
const MAX_SAMPLES = 100;

/** A snapshot is as large as the heap, and the worker stands still for it. */
const SNAPSHOT_PAUSE_MS = 60_000;
let lastSnapshotMs = Number.NEGATIVE_INFINITY;

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
    run: (worker) => {
      requireDebugCommands(worker);
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
    run: (worker, args) => {
      requireDebugCommands(worker);
      return memoryDump(args.number("samples") ?? 10);
    },
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
      requireDebugCommands(worker);
      const agoMs = Date.now() - lastSnapshotMs;
      if (agoMs >= 0 && agoMs < SNAPSHOT_PAUSE_MS)
        throw new PythonError("ValueError", `the last snapshot is ${Math.round(agoMs / 1000)} s old: wait a minute`);
      lastSnapshotMs = Date.now();
      worker.log.warn("writing a heap snapshot: the worker answers nobody until it is done");
      // A directory that only this user may enter: the snapshot holds everything in memory, passwords too.
      const folder = mkdtempSync(join(tmpdir(), "celery-heap-"));
      return { filename: writeHeapSnapshot(join(folder, `${process.pid}.heapsnapshot`)) };
    },
  },
];

/** @throws PythonError unless the worker's owner has switched these commands on: anyone on the broker may send them */
function requireDebugCommands({ settings }: ControlledWorker): void {
  if (settings.workerEnableDebugCommands) return;
  throw new PythonError("ValueError", "Debug commands not enabled: set worker_enable_debug_commands");
}

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
