import { MAX_CONCURRENCY } from "../../limits.js";
import { plainText } from "../../protocol/wire-values.js";
import { type CommandArguments, type ControlCommand, NO_REPLY, ok, PythonError, refused } from "../command.js";
import type { ControlledWorker } from "../controlled-worker.js";

/** Commands about the pool and the life of the worker. */
export const poolCommands: readonly ControlCommand[] = [
  {
    name: "pool_grow",
    kind: "control",
    help: "Grow pool by n processes/threads.",
    signature: "[N=1]",
    parameters: [
      { name: "n", type: "integer", default: 1, help: `how many; a pool has ${MAX_CONCURRENCY} slots at most` },
    ],
    lenient: true,
    run: (worker, args) => resize(worker, "pool_grow", count(args)) ?? ok("pool will grow"),
  },
  {
    name: "pool_shrink",
    kind: "control",
    help: "Shrink pool by n processes/threads.",
    signature: "[N=1]",
    parameters: [{ name: "n", type: "integer", default: 1, help: "how many; what runs may end" }],
    lenient: true,
    run: (worker, args) => resize(worker, "pool_shrink", -count(args)) ?? ok("pool will shrink"),
  },
  {
    name: "pool_restart",
    kind: "control",
    help: "Restart execution pool.",
    parameters: [
      { name: "modules", type: "json", help: "ignored: new threads load their modules anew", positional: false },
      { name: "reload", type: "boolean", default: false, help: "ignored", positional: false },
      { name: "reloader", type: "string", help: "ignored", positional: false },
    ],
    lenient: true,
    run: (worker) => {
      if (!worker.settings.workerPoolRestarts) throw new PythonError("ValueError", "Pool restarts not enabled");
      worker.restartPool();
      return ok("reload started");
    },
  },
  {
    name: "autoscale",
    kind: "control",
    help: "Modify autoscale settings.",
    signature: "[max [min]]",
    parameters: [
      { name: "max", type: "integer", help: `most tasks at once, up to ${MAX_CONCURRENCY}` },
      { name: "min", type: "integer", help: "fewest slots that stay" },
    ],
    run: (worker, args) => {
      if (worker.autoscaler === null) throw new PythonError("ValueError", "Autoscale not enabled");
      const wanted = { max: bound(args, "max", 1), min: bound(args, "min", 0) };
      const { max, min } = worker.autoscaler.update(wanted.max, wanted.min);
      return ok(`autoscale now max=${max} min=${min}`);
    },
  },
  {
    name: "shutdown",
    kind: "control",
    help: "Shutdown worker(s).",
    parameters: [
      { name: "msg", type: "string", default: "Got shutdown from remote", help: "why, for the log", positional: false },
    ],
    lenient: true,
    run: (worker, args) => {
      worker.shutdown(plainText(args.get("msg")));
      return NO_REPLY;
    },
  },
];

function count(args: CommandArguments): number {
  const n = args.number("n") ?? 1;
  if (!Number.isInteger(n) || n < 0) throw new PythonError("ValueError", `n is ${n}: it must be a whole number`);
  return n;
}

/** @throws PythonError for a size that no pool may have */
function bound(args: CommandArguments, name: string, least: number): number | null {
  const value = args.number(name);
  if (value === null || (Number.isInteger(value) && value >= least && value <= MAX_CONCURRENCY)) return value;
  throw new PythonError(
    "ValueError",
    `${name} is ${value}: it must be a whole number from ${least} to ${MAX_CONCURRENCY}`,
  );
}

/** @returns the refusal, or null when the pool changes */
function resize(worker: ControlledWorker, command: string, by: number): unknown {
  if (worker.autoscaler !== null)
    return refused(`${command} is not supported with autoscale. Adjust autoscale range instead.`);
  if (worker.concurrency + by < 1) throw new PythonError("ValueError", "Can't shrink pool. All processes busy!");
  const size = worker.concurrency + by;
  if (size > MAX_CONCURRENCY)
    throw new PythonError("ValueError", `the pool would have ${size} slots: the most is ${MAX_CONCURRENCY}`);
  worker.resize(size);
  return null;
}
