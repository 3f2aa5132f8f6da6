import { type ControlCommand, ok } from "../command.js";
import { helloReply } from "../hello.js";

/** Commands about the worker as a whole. */
export const appCommands: readonly ControlCommand[] = [
  {
    name: "ping",
    kind: "inspect",
    help: "Ping worker(s).",
    timeoutSeconds: 0.2,
    lenient: true,
    run: () => ok("pong"),
  },
  {
    name: "clock",
    kind: "inspect",
    help: "Get current logical clock value.",
    lenient: true,
    run: (worker) => ({ clock: worker.clock.value }),
  },
  {
    name: "stats",
    kind: "inspect",
    help: "Request worker statistics/information.",
    lenient: true,
    run: (worker) => worker.stats(),
  },
  {
    name: "conf",
    alias: "dump_conf",
    kind: "inspect",
    help: "List configuration.",
    signature: "[include_defaults=False]",
    parameters: [{ name: "with_defaults", type: "boolean", default: false, help: "also settings at their default" }],
    lenient: true,
    run: (worker, args) => worker.configuration(args.flag("with_defaults")),
  },
  {
    name: "report",
    kind: "inspect",
    help: "Information about Celery installation for bug reports.",
    run: (worker) => ok(worker.report()),
  },
  {
    name: "hello",
    kind: "inspect",
    help: "Request mingle sync-data.",
    visible: false,
    parameters: [
      { name: "from_node", type: "string", required: true, help: "node name of the worker that starts" },
      { name: "revoked", type: "json", help: "ids it has revoked" },
    ],
    lenient: true,
    run: (worker, args) => helloReply(worker, args.get("from_node"), args.get("revoked")),
  },
];
