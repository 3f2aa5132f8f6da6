import { registerCheck } from "./commands/check/command.js";
import { registerDb } from "./commands/db/command.js";
import { registerDlq } from "./commands/dlq/command.js";
import { registerEquity } from "./commands/equity/command.js";
import { registerJobs } from "./commands/jobs/command.js";
import { registerRange } from "./commands/range/command.js";
import { registerReportSpot } from "./commands/report-spot/command.js";
import { registerSolve } from "./commands/solve/command.js";
import { registerView } from "./commands/view/command.js";
import { registerWeb } from "./commands/web/command.js";
import { type CreateProgram, createRuntimeProgram } from "./runtime-program.js";

/** The `celery` command with every sub-command: the runtime's, and those of PLOSolver's jobs. */
export const createProgram: CreateProgram = (version, redact) => {
  const program = createRuntimeProgram(version, redact).description(
    "Celery-compatible worker for Node.js with the PLOSolver jobs",
  );
  registerJobs(program);
  registerDlq(program);
  registerDb(program);
  registerEquity(program);
  registerRange(program);
  registerSolve(program);
  registerReportSpot(program);
  registerView(program);
  registerCheck(program);
  registerWeb(program);
  return program;
};
