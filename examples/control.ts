// What is asked of running workers, of Node or Python, and what they are told.
import { setTimeout as sleep } from "node:timers/promises";
import { Celery, RemoteTaskError } from "@plosolver/celery-worker";

const app = new Celery("naps", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
  taskDefaultQueue: "naps",
});

const nap = app.task("nap", async (ctx, seconds: number) => {
  await sleep(seconds * 1000, undefined, { signal: ctx.signal });
  return "rested";
});

// A command of one's own: for app.control, and as `celery inspect greet`.
app.controlCommand({
  name: "greet",
  kind: "inspect",
  help: "Greet somebody.",
  parameters: [{ name: "who", type: "string", required: true, help: "whom" }],
  run: (worker, args) => `${args.text("who")}, this is a worker with ${worker.concurrency} slots`,
});

const worker = app.worker({ hostname: "naps@%h", concurrency: 2 });
const started = new Promise((resolve) => worker.events.on("taskStarted", resolve));
await worker.start();

const long = await nap.delay(3600);
await started;

// Questions: to all workers, or to some by name. They wait for replies until none has come for `timeout` seconds.
const inspect = app.control.inspect({ destination: [worker.nodename], timeout: 10 });
const active = (await inspect.active())?.[worker.nodename];
console.log(active?.map(({ name, args }) => [name, args])); // [ [ 'nap', [ 3600 ] ] ]
console.log((await inspect.request<string>("greet", { who: "Ann" }))?.[worker.nodename]); // Ann, this is a worker with 2 slots

// What waits is not run; what runs is ended.
await long.revoke({ terminate: true });
const error = await long.get({ timeout: 30, propagate: false });
console.log(error instanceof RemoteTaskError && error.pythonType); // TaskRevokedError

// Commands, with their replies where they are asked for.
const replies = await app.control.rateLimit("nap", "10/m", {
  destination: [worker.nodename],
  reply: true,
  timeout: 10,
});
console.log(replies.map(({ value }) => value)); // [ { ok: 'new rate limit set successfully' } ]

await worker.stop();
await app.close();
