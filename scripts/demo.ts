import { exampleJob } from "./local/jobs-api.js";
import { submitAndShow } from "./local/show-job.js";
import { jobsOf, startStack } from "./local/stack.js";
import { whenInterrupted } from "./local/terminal.js";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** One job from a Python backend to its answer, on services that are gone afterwards. */
async function demo(): Promise<boolean> {
  const stack = await startStack({ workers: 1, log: say });
  // The guard behind the services ends everything when this process does.
  void whenInterrupted().then(() => stack.stop().finally(() => process.exit(130)));
  try {
    const by = stack.urls.backendUrl ? "through Python Celery (examples/backend)" : "with our own client";
    say(`Submitting a spot simulation, three hands on two flops, ${by} …`);
    return await submitAndShow(jobsOf(stack.urls), exampleJob(), say);
  } finally {
    await stack.stop();
    say("Everything is stopped and removed. `make run-local` keeps the same stack up.");
  }
}

demo().then(
  (completed) => process.exit(completed ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
