// A Celery app of your own, without the PLOSolver part:  celery -A ./examples/app.mjs worker
// Any Python Celery can call it:  app.send_task("tasks.add", (2, 3)).get(timeout=10)
import { Celery, Ignore, Reject } from "@plosolver/celery-worker";

export const app = new Celery("proj", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
});

app.task("tasks.add", async (_ctx, x, y) => x + y);

// Retried up to five times with a growing delay, acknowledged only when it has ended.
app.task("tasks.fetch", { acksLate: true, maxRetries: 5, softTimeLimit: 20, timeLimit: 30 }, async (ctx, url) => {
  try {
    const response = await fetch(url, { signal: ctx.signal });
    if (response.status === 404) throw new Reject(`${url} does not exist`);
    if (response.status === 304) throw new Ignore("nothing new");
    return await response.text();
  } catch (error) {
    if (error instanceof Reject || error instanceof Ignore) throw error;
    ctx.log.warn({ err: error }, "not reachable");
    return ctx.retry({ countdown: 2 ** ctx.request.retries, error });
  }
});
