import { Command } from "commander";
import { type Redactor, redactText } from "../celery/secrets.js";
import { registerCompletion } from "./completion.js";
import { registerDb } from "./db.js";
import { registerDlq } from "./dlq.js";
import { registerEquity } from "./equity.js";
import { registerEvents } from "./events.js";
import { addGlobalOptions } from "./globals.js";
import { registerHealth } from "./health.js";
import { registerJobs } from "./jobs.js";
import { registerMessages } from "./messages.js";
import { registerRefused } from "./refused.js";
import { registerRemote } from "./remote.js";
import { registerReport } from "./report.js";
import { registerSolve } from "./solve.js";
import { registerWeb } from "./web.js";
import { registerWorker } from "./worker.js";

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
  registerCompletion(program);
  registerRefused(program);
  return program;
}
