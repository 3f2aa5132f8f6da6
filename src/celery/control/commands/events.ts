import { type ControlCommand, ok } from "../command.js";

/** Commands about events. */
export const eventCommands: readonly ControlCommand[] = [
  {
    name: "enable_events",
    kind: "control",
    help: "Tell worker(s) to send task-related events.",
    run: (worker) => {
      if (!worker.enableTaskEvents()) return ok("task events already enabled");
      worker.log.info("Events of group {task} enabled by remote.");
      return ok("task events enabled");
    },
  },
  {
    name: "disable_events",
    kind: "control",
    help: "Tell worker(s) to stop sending task-related events.",
    run: (worker) => {
      if (!worker.disableTaskEvents()) return ok("task events already disabled");
      worker.log.info("Events of group {task} disabled by remote.");
      return ok("task events disabled");
    },
  },
  {
    name: "heartbeat",
    kind: "control",
    help: "Tell worker(s) to send event heartbeat immediately.",
    run: (worker) => worker.sendHeartbeat(),
  },
  {
    name: "election",
    kind: "control",
    help: "Hold election.",
    parameters: [
      { name: "id", type: "string", required: true, help: "unique election id", positional: false },
      { name: "topic", type: "string", required: true, help: "what the winner does: task", positional: false },
      { name: "action", type: "json", help: "a task signature for the topic task", positional: false },
    ],
    lenient: true,
    run: (worker, args) => worker.holdElection(args.text("id"), args.text("topic"), args.get("action")),
  },
];
