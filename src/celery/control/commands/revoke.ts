import { constants } from "node:os";
import { MAX_ID_LENGTH, MAX_IDS } from "../../limits.js";
import { isRecord } from "../../protocol/json.js";
import { pythonRepr } from "../../protocol/repr.js";
import { plainText } from "../../protocol/wire-values.js";
import { type CommandArguments, type ControlCommand, ok, PythonError } from "../command.js";
import type { ControlledWorker } from "../controlled-worker.js";

/** Ids in a log line, or in the reply of a terminate. */
const MOST_SHOWN = 1000;

const TERMINATE = {
  name: "terminate",
  type: "boolean",
  default: false,
  help: "also end the task when it runs",
  positional: false,
} as const;
const SIGNAL = {
  name: "signal",
  type: "string",
  help: "signal name for the event (default SIGTERM); threads get none",
  positional: false,
} as const;

/** Commands that revoke tasks. */
export const revokeCommands: readonly ControlCommand[] = [
  {
    name: "revoked",
    alias: "dump_revoked",
    kind: "inspect",
    help: "List of revoked task-ids.",
    lenient: true,
    run: (worker) => worker.revoked().map(([id]) => id),
  },
  {
    name: "revoke",
    kind: "control",
    help: "Revoke task by task id (or list of ids).",
    signature: "[id1 [id2 [... [idN]]]]",
    parameters: [
      { name: "task_id", type: "string", required: true, variadic: true, help: "task ids" },
      TERMINATE,
      SIGNAL,
    ],
    lenient: true,
    run: (worker, args) => revoke(worker, args, args.flag("terminate")),
  },
  {
    name: "terminate",
    kind: "control",
    help: "Terminate task by task id (or list of ids).",
    signature: "<signal> [id1 [id2 [... [idN]]]]",
    parameters: [
      { name: "signal", type: "string", required: true, help: "signal name for the event, such as SIGTERM" },
      { name: "task_id", type: "string", required: true, variadic: true, help: "task ids" },
    ],
    lenient: true,
    run: (worker, args) => revoke(worker, args, true),
  },
  {
    name: "revoke_by_stamped_headers",
    kind: "control",
    help: "Revoke task by header (or list of headers).",
    signature: "[key1=value1 [key2=value2 [... [keyN=valueN]]]]",
    parameters: [
      { name: "headers", type: "json", required: true, variadic: true, help: "key=value, or an object of lists" },
      TERMINATE,
      SIGNAL,
    ],
    lenient: true,
    run: revokeByStamps,
  },
];

function revoke(worker: ControlledWorker, args: CommandArguments, terminate: boolean): unknown {
  const ids = args.ids("task_id");
  const signum = signalNumber(args.get("signal"));
  const found = worker.revoke(ids, { terminate, signum });
  if (!terminate) {
    worker.log.info(`Tasks flagged as revoked: ${firstOf(ids)}`);
    return ok(`tasks ${setRepr(ids)} flagged as revoked`);
  }
  return ok(found.length === 0 ? "terminate: tasks unknown" : `terminate: ${firstOf(found)}`);
}

function revokeByStamps(worker: ControlledWorker, args: CommandArguments): unknown {
  const terminate = args.flag("terminate");
  const signum = signalNumber(args.get("signal"));
  const headers = stampedHeaders(args.get("headers"));
  const stamps = new Map(
    Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(String)]),
  );
  checkStamps(stamps);
  const found = worker.revokeByStamps(stamps, { terminate, signum });
  const shown = pythonRepr(headers, { escape: true, maxLength: Number.POSITIVE_INFINITY });
  if (!terminate) return ok(`headers ${shown} flagged as revoked, but not terminated`);
  if (found.size === 0) return ok(`headers ${shown} were not terminated`);
  const sets = [...found].map(([name, values]) => `${pythonRepr(name, { escape: true })}: ${setRepr([...values])}`);
  return ok(`headers defaultdict(<class 'set'>, {${sets.join(", ")}}) revoked`);
}

/** @throws PythonError for more, or longer ones, than a worker can remember */
function checkStamps(stamps: ReadonlyMap<string, readonly string[]>): void {
  let count = 0;
  for (const [name, values] of stamps) {
    count += values.length;
    for (const text of [name, ...values])
      if (text.length > MAX_ID_LENGTH)
        throw new PythonError("ValueError", `a stamp has ${text.length} characters: the most is ${MAX_ID_LENGTH}`);
  }
  if (count > MAX_IDS) throw new PythonError("ValueError", `${count} stamps: ${MAX_IDS} may be sent at once`);
}

/** A list for people: whoever sent thousands knows them. */
function firstOf(ids: readonly string[]): string {
  const shown = ids.slice(0, MOST_SHOWN).join(", ");
  return ids.length > MOST_SHOWN ? `${shown} and ${ids.length - MOST_SHOWN} more` : shown;
}

function stampedHeaders(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  const words = Array.isArray(value) ? value.map(plainText) : [plainText(value)];
  return Object.fromEntries(
    words.map((word) => {
      const [name = "", stamp] = word.split("=");
      if (stamp === undefined) throw new PythonError("ValueError", `${word}: expected key=value`);
      return [name, stamp];
    }),
  );
}

/** Python's `repr` of a set of texts. */
function setRepr(items: readonly string[]): string {
  const shown =
    items.length > MOST_SHOWN ? [...items.slice(0, MOST_SHOWN), `and ${items.length - MOST_SHOWN} more`] : items;
  return pythonRepr(new Set(shown), { escape: true, maxLength: Number.POSITIVE_INFINITY });
}

/** `SIGTERM`, `TERM`, `term` or a number. */
function signalNumber(signal: unknown): number {
  if (signal === null || signal === undefined || signal === "") return constants.signals.SIGTERM;
  if (typeof signal === "number") return signal;
  const name = plainText(signal).toUpperCase();
  if (/^\d+$/.test(name)) return Number(name);
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  const known: Readonly<Record<string, number>> = constants.signals;
  const signum = known[full];
  if (signum === undefined) throw new PythonError("AttributeError", `module 'signal' has no attribute '${full}'`);
  return signum;
}
