import { Command } from "commander";
import { type Redactor, redactText } from "../celery/values.js";
import { registerCheck } from "./commands/check/command.js";
import { registerCompletion } from "./commands/completion/command.js";
import { registerDb } from "./commands/db/command.js";
import { registerDlq } from "./commands/dlq/command.js";
import { registerEquity } from "./commands/equity/command.js";
import { registerEvents } from "./commands/events/command.js";
import { registerHealth } from "./commands/health/command.js";
import { registerJobs } from "./commands/jobs/command.js";
import { registerMessages } from "./commands/messages/command.js";
import { registerRefused } from "./commands/refused/command.js";
import { registerRemote } from "./commands/remote/command.js";
import { registerReport } from "./commands/report/command.js";
import { registerSolve } from "./commands/solve/command.js";
import { registerWeb } from "./commands/web/command.js";
import { registerWorker } from "./commands/worker/command.js";
import { addGlobalOptions } from "./globals.js";

/**
 * The `celery` command with every sub-command. They load what they need when they run, so that `--help` stays quick.
 * @param redact takes passwords out of what commander says of a wrong command line
 */
export function createProgram(version: string, redact: Redactor = redactText): Command {
  const program = new Command("celery")
    .description("Celery-compatible worker for Node.js with the PLOSolver jobs")
    .version(version, "-V, --version")
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) =>
        write(redact(text).replace(/^error: (.)/, (_, first: string) => `Error: ${first.toUpperCase()}`)),
    })
    .exitOverride();
  addGlobalOptions(program);
  registerWorker(program);
  registerRemote(program);
  registerEvents(program);
  registerWeb(program);
  registerMessages(program);
  registerReport(program);
  registerJobs(program);
  registerDlq(program);
  registerDb(program);
  registerEquity(program);
  registerSolve(program);
  registerHealth(program);
  registerCheck(program);
  registerCompletion(program);
  registerRefused(program);
  return program;
}
