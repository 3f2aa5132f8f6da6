import { exampleJob } from "./local/jobs-api.js";
import { submitAndShow } from "./local/show-job.js";
import { jobsOf, type StackUrls } from "./local/stack.js";
import { liveState } from "./local/state.js";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Sends the example job to the stack that `make run-local` keeps up. */
async function submit(): Promise<boolean> {
  const urls = liveState<StackUrls>("stack");
  if (!urls) throw new Error("No local stack is up: start one in another terminal with `make run-local`.");
  return submitAndShow(jobsOf(urls), exampleJob(), say);
}

submit().then(
  (completed) => process.exit(completed ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
