import { pythonRepr } from "../../protocol/repr.js";
import { type ControlCommand, ok, PythonError, refused } from "../command.js";

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
        worker.log.error(`Change time limit attempt for unknown task ${String(name)}`);
        return refused("unknown task");
      }
      task.softTimeLimit = args.number("soft") ?? worker.settings.taskSoftTimeLimit;
      task.timeLimit = args.number("hard") ?? worker.settings.taskTimeLimit;
      worker.log.info(
        `New time limits for tasks of type ${task.name}: soft=${task.softTimeLimit} hard=${task.timeLimit}`,
      );
      return ok("time limits set successfully");
    },
  },
];

/** What Celery says of a rate it cannot read; null when it can. @throws PythonError for a unit that is none */
function rateLimitProblem(limit: unknown): string | null {
  if (limit === null || typeof limit === "number" || limit === "") return null;
  if (typeof limit !== "string") throw new PythonError("TypeError", "rate_limit must be a string or a number");
  const [count = "", unit = "s"] = limit.split("/", 2);
  if (!["s", "m", "h"].includes(unit)) throw new PythonError("KeyError", unit);
  if (count.trim() !== "" && Number.isFinite(Number(count)) && Number(count) >= 0) return null;
  const inner = `could not convert string to float: ${pythonRepr(count, { escape: true })}`;
  return `Invalid rate limit string: ValueError(${pythonRepr(inner, { escape: true })})`;
}
