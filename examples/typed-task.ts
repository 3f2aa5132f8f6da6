// A task whose arguments are checked by a schema, which also gives its handler their types.
import { Celery, RemoteTaskError } from "@plosolver/celery-worker";
import { z } from "zod";

const app = new Celery("shop", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
  taskDefaultQueue: "shop",
});

const total = app.task(
  "shop.total",
  { typing: z.tuple([z.array(z.number().positive()), z.number().default(0.25)]) },
  (_ctx, prices, tax) => prices.reduce((sum, price) => sum + price, 0) * (1 + tax),
);

const worker = app.worker({ concurrency: 2 });
await worker.start();

const result = await total.delay([10, 20], 0.5);
const amount: number = await result.get({ timeout: 30 });
console.log(amount); // 45
console.log(await (await total.delay([100])).get({ timeout: 30 })); // 125

// @ts-expect-error: the compiler holds senders to the schema
await total.delay("ten");

// Whoever sends by name is told by the worker.
const wrong = await app.sendTask("shop.total", [["ten"]]);
const error = await wrong.get({ timeout: 30, propagate: false });
console.log(error instanceof RemoteTaskError && error.pythonType); // ZodError

await worker.stop();
await app.close();
