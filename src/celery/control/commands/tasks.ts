import type { TaskDefinition } from "../../definition.js";
import { snakeCase } from "../../names.js";
import { pythonRepr } from "../../protocol/repr.js";
import type { ControlCommand } from "../command.js";
import type { FoundRequest, QueriedRequest } from "../controlled-worker.js";

const DEFAULT_TASK_INFO = ["exchange", "routing_key", "rate_limit"];

/** Commands that show tasks and requests. */
export const taskCommands: readonly ControlCommand[] = [
  {
    name: "active",
    alias: "dump_active",
    kind: "inspect",
    help: "List of tasks currently being executed.",
    parameters: [
      {
        name: "safe",
        type: "boolean",
        default: false,
        help: "show arguments as the text their sender wrote",
        positional: false,
      },
    ],
    lenient: true,
    run: (worker, args) => worker.active(args.flag("safe")),
  },
  {
    name: "reserved",
    alias: "dump_reserved",
    kind: "inspect",
    help: "List of currently reserved tasks, not including scheduled/active.",
    lenient: true,
    run: (worker) => worker.reserved(),
  },
  {
    name: "scheduled",
    alias: "dump_schedule",
    kind: "inspect",
    help: "List of currently scheduled ETA/countdown tasks.",
    lenient: true,
    run: (worker) => worker.scheduled(),
  },
  {
    name: "query_task",
    kind: "inspect",
    help: "Query for task information by id.",
    signature: "[id1 [id2 [... [idN]]]]",
    parameters: [{ name: "ids", type: "string", required: true, variadic: true, help: "task ids" }],
    lenient: true,
    run: (worker, args) => {
      const found = args.ids("ids").map((id) => [id, worker.find(id)] as const);
      return Object.fromEntries(
        found.flatMap(([id, [first, ...others]]) => (first === undefined ? [] : [[id, queried(first, others)]])),
      );
    },
  },
  {
    name: "registered",
    alias: "dump_tasks",
    kind: "inspect",
    help: "List of registered tasks.",
    signature: "[attr1 [attr2 [... [attrN]]]]",
    parameters: [
      { name: "taskinfoitems", type: "string", variadic: true, help: "task options to show (default: rate_limit)" },
      { name: "builtins", type: "boolean", default: false, help: "also Celery's own tasks", positional: false },
    ],
    lenient: true,
    run: (worker, args) => {
      const chosen = args.list("taskinfoitems");
      const items = chosen.length > 0 ? chosen : DEFAULT_TASK_INFO;
      return [...worker.tasks.values()]
        .filter(({ name }) => args.flag("builtins") || !name.startsWith("celery."))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((task) => describeTask(task.name, task, items));
    },
  },
];

/** Celery's pair of place and request; an id with further messages in memory names them in an entry of ours. */
function queried({ state, info }: FoundRequest, others: readonly FoundRequest[]): [state: string, QueriedRequest] {
  if (others.length === 0) return [state, info];
  return [state, { ...info, others: others.map((other) => [other.state, other.info]) }];
}

function describeTask(name: string, task: TaskDefinition, items: readonly string[]): string {
  const own = Object.entries(task).map(([key, value]): [string, unknown] => [snakeCase(key), value]);
  const options = new Map([...Object.entries(task.sending ?? {}), ...own]);
  const fields = items.flatMap((item) => {
    const value = options.get(item);
    return value === null || value === undefined ? [] : [`${item}=${pythonText(value)}`];
  });
  return fields.length === 0 ? name : `${name} [${fields.join(" ")}]`;
}

/** Python's `str`. */
function pythonText(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value);
}
