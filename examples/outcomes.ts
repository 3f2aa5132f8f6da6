// How a handler ends its task: with a result, with another attempt, without a result, or back in its queue.
import { setTimeout as sleep } from "node:timers/promises";
import { Celery, Ignore, Reject, RemoteTaskError, SoftTimeLimitExceeded } from "@plosolver/celery-worker";

const app = new Celery("pages", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
  taskDefaultQueue: "pages",
  taskAcksLate: true,
  deadLetter: "publish",
});

// Another attempt, up to five, by the handler's own decision.
const fetchPage = app.task("pages.fetch", { maxRetries: 5 }, (ctx, address: string) => {
  if (ctx.request.retries < 2) return ctx.retry({ countdown: 0.1, error: new Error(`${address} is away`) });
  return `${address}, attempt ${ctx.request.retries + 1}`;
});

// The same for every error of a class, with pauses that grow.
class Busy extends Error {}
const retried = { autoretryFor: [Busy], retryBackoff: 0.1, retryJitter: false, maxRetries: 1 };
const upload = app.task("pages.upload", retried, () => {
  throw new Busy("try later");
});

// Within its soft limit a handler may clean up; a hard limit ends it.
const crawl = app.task("pages.crawl", { softTimeLimit: 0.2, timeLimit: 20 }, async (ctx) => {
  try {
    await sleep(60_000, undefined, { signal: ctx.signal });
    return "everything";
  } catch (error) {
    if (ctx.signal.reason instanceof SoftTimeLimitExceeded) return "half of it";
    throw error;
  }
});

// No result, or a dead letter in pages-dlq.
app.task("pages.sort", (_ctx, kind: string) => {
  if (kind === "unchanged") throw new Ignore("nothing to do");
  throw new Reject(`${kind} is none of ours`);
});

const worker = app.worker({ concurrency: 4 });
await worker.start();

console.log(await (await fetchPage.delay("a.example")).get({ timeout: 30 })); // a.example, attempt 3
console.log(await (await crawl.delay()).get({ timeout: 30 })); // half of it

try {
  await (await upload.delay()).get({ timeout: 30 });
} catch (error) {
  if (error instanceof RemoteTaskError) console.log(error.pythonType, error.message); // Busy try later
}

const settled = new Promise((resolve) => worker.events.on("taskRejected", (_request, info) => resolve(info.reason)));
await app.sendTask("pages.sort", ["spam"]);
console.log(await settled); // spam is none of ours

await worker.stop();
await app.close();
