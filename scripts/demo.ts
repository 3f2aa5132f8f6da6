import { exampleJob } from "./local/jobs-api.js";
import { submitAndShow } from "./local/show-job.js";
import { solveAndShow } from "./local/show-solutions.js";
import { jobsOf, startStack } from "./local/stack.js";
import { whenInterrupted } from "./local/terminal.js";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Jobs from a Python backend to their answers, on services that are gone afterwards. */
async function demo(): Promise<boolean> {
  const stack = await startStack({ workers: 1, log: say });
  // The guard behind the services ends everything when this process does.
  void whenInterrupted().then(() => stack.stop().finally(() => process.exit(130)));
  try {
    const by = stack.urls.backendUrl ? "through Python Celery (examples/backend)" : "with our own client";
    say(`Submitting a spot simulation, three hands on two flops, ${by} …`);
    const jobs = jobsOf(stack.urls);
    const simulated = await submitAndShow(jobs, exampleJob(), say);
    say("Submitting the spots of examples/spots to the solver …");
    const solved = await solveAndShow(jobs, say);
    say("`celery solve examples/spots/turn.json` shows a whole strategy.");
    return simulated && solved;
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
