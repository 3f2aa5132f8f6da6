// Tasks put together. A chord needs a result backend that counts: Redis.
import { Celery, chain, chord, group, RemoteTaskError } from "@plosolver/celery-worker";

const app = new Celery("sums", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: process.env.CELERY_RESULT_BACKEND ?? "redis://localhost:6379/0",
  taskDefaultQueue: "sums",
});

const add = app.task("add", (_ctx, x: number, y: number) => x + y);
const sum = app.task("sum", (_ctx, numbers: number[]) => numbers.reduce((total, number) => total + number, 0));
const fail = app.task("fail", (): number => {
  throw new RangeError("no such number");
});

const worker = app.worker({ concurrency: 4 });
await worker.start();

// Each step gets the result of the one before: ((1 + 2) + 3) + 4.
const steps = await chain(add.s(1, 2), add.s(3), add.s(4)).applyAsync();
console.log(await steps.get({ timeout: 30 })); // 10

// All at once, and one result for all.
const members = await group(add.s(1, 1), add.s(2, 2), add.s(3, 3)).applyAsync();
console.log(await members.get({ timeout: 30 })); // [ 2, 4, 6 ]

// A body that runs with all the results.
const total = await chord([add.s(1, 1), add.s(2, 2), add.s(3, 3)], sum.s()).applyAsync();
console.log(await total.get({ timeout: 30 })); // 12

// Many calls in few messages: chunks of two pairs, each answered by a list.
const pairs: [number, number][] = [1, 2, 3, 4].map((n) => [n, n]);
const chunks = await add.chunks(pairs, 2).applyAsync();
console.log(await chunks.get({ timeout: 30 })); // [ [ 2, 4 ], [ 6, 8 ] ]

// When a member fails, so does the body, without being run.
const broken = await chord([add.s(1, 1), fail.s()], sum.s()).applyAsync();
const error = await broken.get({ timeout: 30, propagate: false });
console.log(error instanceof RemoteTaskError && error.pythonType); // ChordError

await worker.stop();
await app.close();
