// A worker in a program of one's own: computing in threads, its events, and its end.
import { Celery, kernel } from "@plosolver/celery-worker";

const app = new Celery("numbers", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
  taskDefaultQueue: "numbers",
});

const primes = kernel<number, number, number>(new URL("./primes.js", import.meta.url));
const count = app.task("numbers.primes", async (ctx, limit: number) =>
  ctx.compute(primes, limit, { onProgress: (n) => void ctx.updateState("PROGRESS", { n }) }),
);

const worker = app.worker({ queues: ["numbers"], concurrency: 2, shutdownTimeout: 30 });
let done = 0;
worker.events
  .on("taskSucceeded", (request, { runtimeSeconds }) => {
    done += 1;
    if (runtimeSeconds > 60) worker.log.warn({ task: request.task }, "slow");
  })
  .on("brokerDisconnected", (error) => worker.log.warn({ err: error }, "the broker is away"));
process.once("SIGTERM", () => void worker.stop());

await worker.start();
const queues = worker.consumers.map(({ queue }) => queue);
console.log(worker.state, queues); // running [ 'numbers' ]

const result = await count.delay(30_000);
console.log(await result.get({ timeout: 60 })); // 3245

// Takes nothing new, lets running tasks end, gives back the rest.
await worker.stop();
console.log(worker.state, done); // stopped 1
await app.close();
