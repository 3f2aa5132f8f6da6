import type { Command } from "commander";
import { CliError } from "../../globals.js";

/** Commands of Celery that this one does not have, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  multi: "start one process a worker, with systemd, Docker (`docker compose up --scale celeryworker=2`) or a shell",
  beat: "the PLOSolver jobs have no schedule; run Python's beat beside this worker, it takes its tasks",
  flower: "run Python's Flower beside the workers (compose.yaml does), or `celery web`, which shows the jobs, too",
  shell: "use `celery call`, `celery inspect` and `celery jobs`, or `node` with an import of your app module",
  upgrade: "there are no settings of older versions to upgrade",
  migrate: "move messages with RabbitMQ's shovel plugin; the jobs tables are made by `celery db migrate`",
  graph: "use `celery inspect active --json`, `celery inspect stats --json` and any drawing tool",
  amqp: "use `celery purge`, `celery list bindings` and RabbitMQ's management page",
  logtool: "logs are JSON lines: use jq",
};

/** Names Celery's other commands, so that asking for one says what to do instead. */
export function registerRefused(program: Command): void {
  for (const [name, instead] of Object.entries(REFUSED)) {
    program
      .command(name, { hidden: true })
      .description(`not available: ${instead}`)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new CliError(`celery ${name} is not available in this worker: ${instead}`);
      });
  }
}
