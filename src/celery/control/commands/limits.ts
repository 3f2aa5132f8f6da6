import { pythonRepr } from "../../protocol/repr.js";
import { plainText } from "../../protocol/wire-values.js";
import { type CommandArguments, type ControlCommand, ok, PythonError, refused } from "../command.js";

/** Commands that limit tasks. */
export const limitCommands: readonly ControlCommand[] = [
  {
    name: "rate_limit",
    kind: "control",
    help: "Tell worker(s) to modify the rate limit for a task by type.",
    signature: "<task_name> <rate_limit (e.g., 5/s | 5/m | 5/h)>",
    parameters: [
      { name: "task_name", type: "string", required: true, help: "registered task name" },
      { name: "rate_limit", type: "string", required: true, help: "10/s, 5/m, 1/h, a number per second; 0 for none" },
    ],
    lenient: true,
    run: (worker, args) => {
      const limit = args.get("rate_limit");
      const problem = rateLimitProblem(limit);
      if (problem !== null) return refused(problem);
      const task = args.text("task_name");
      if (!worker.tasks.has(task)) {
        worker.log.error(`Rate limit attempt for unknown task ${task}`);
        return refused("unknown task");
      }
      const off = limit === null || limit === 0 || limit === "" || limit === "0";
      worker.setRateLimit(task, off ? null : (limit as string | number));
      worker.log.info(
        off ? `Rate limits disabled for tasks of type ${task}` : `New rate limit for tasks of type ${task}: ${limit}.`,
      );
      return ok(off ? "rate limit disabled successfully" : "new rate limit set successfully");
    },
  },
  {
    name: "time_limit",
    kind: "control",
    help: "Tell worker(s) to modify the time limit for task by type.",
    signature: "<task_name> <soft_secs> [hard_secs]",
    parameters: [
      { name: "task_name", type: "string", help: "registered task name" },
      { name: "soft", type: "number", help: "soft limit in seconds (default: the app's)" },
      { name: "hard", type: "number", help: "hard limit in seconds (default: the app's)" },
    ],
    lenient: true,
    run: (worker, args) => {
      const name = args.get("task_name");
      const task = typeof name === "string" ? worker.tasks.get(name) : undefined;
      if (task === undefined) {
        worker.log.error(`Change time limit attempt for unknown task ${plainText(name)}`);
        return refused("unknown task");
      }
      const [soft, hard] = [seconds(args, "soft"), seconds(args, "hard")];
      task.softTimeLimit = soft ?? worker.settings.taskSoftTimeLimit;
      task.timeLimit = hard ?? worker.settings.taskTimeLimit;
      worker.log.info(
        `New time limits for tasks of type ${task.name}: soft=${task.softTimeLimit} hard=${task.timeLimit}`,
      );
      return ok("time limits set successfully");
    },
  },
];

const RATE = /^\s*\d+(\.\d+)?\s*(\/\s*[smh]\s*)?$/;

/** @throws PythonError for what is no length of time */
function seconds(args: CommandArguments, name: string): number | null {
  const value = args.number(name);
  if (value === null || (value >= 0 && Number.isFinite(value))) return value;
  throw new PythonError("ValueError", `${name} is ${value}: it must be a number of seconds of at least 0`);
}

/** What Celery says of a rate it cannot read; null when it can. @throws PythonError for a unit that is none */
function rateLimitProblem(limit: unknown): string | null {
  if (limit === null || limit === "") return null;
  if (typeof limit !== "string" && typeof limit !== "number")
    throw new PythonError("TypeError", "rate_limit must be a string or a number");
  const [count = "", unit = "s"] = plainText(limit).split("/", 2);
  if (!["s", "m", "h"].includes(unit)) throw new PythonError("KeyError", unit);
  if (typeof limit === "number" ? limit >= 0 && Number.isFinite(limit) : RATE.test(limit)) return null;
  const inner = `could not convert string to float: ${pythonRepr(count, { escape: true })}`;
  return `Invalid rate limit string: ValueError(${pythonRepr(inner, { escape: true })})`;
}
