#!/usr/bin/env node
import { Command } from "commander";
import { registerDb } from "./db.js";
import { registerWorker } from "./worker.js";

/** The `celery` command. Sub-commands load what they need when they run, so that `--help` stays quick. */
const program = new Command("celery")
  .description("Celery-compatible worker for Node.js with the PLOSolver jobs")
  .option(
    "-A, --app <app>",
    "app module: ./app.mjs[:attribute]; a Python dotted path means the built-in PLOSolver app",
  );

registerWorker(program);
registerDb(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
