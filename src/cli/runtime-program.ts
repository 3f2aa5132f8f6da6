import { Command } from "commander";
import { type Redactor, redactText } from "../celery/values.js";
import { registerCompletion } from "./commands/completion/command.js";
import { registerEvents } from "./commands/events/command.js";
import { registerHealth } from "./commands/health/command.js";
import { registerMessages } from "./commands/messages/command.js";
import { registerRefused } from "./commands/refused/command.js";
import { registerRemote } from "./commands/remote/command.js";
import { registerReport } from "./commands/report/command.js";
import { registerWorker } from "./commands/worker/command.js";
import { addGlobalOptions } from "./globals.js";

/** Makes the program of a `celery` command. @param redact takes passwords out of what commander says of a wrong command line */
export type CreateProgram = (version: string, redact?: Redactor) => Command;

/**
 * The `celery` command with what serves any app, as the package of the runtime has it. Sub-commands load what they need when
 * they run, so that `--help` stays quick.
 */
export const createRuntimeProgram: CreateProgram = (version, redact = redactText) => {
  const program = new Command("celery")
    .description("Celery-compatible worker for Node.js")
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
  registerMessages(program);
  registerReport(program);
  registerHealth(program);
  registerCompletion(program);
  registerRefused(program);
  return program;
};
