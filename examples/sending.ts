// How a task is sent: at once, later, by name, and what its sender sees of it.
import { Celery, PublishError, TimeoutError } from "@plosolver/celery-worker";

const app = new Celery("mail", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: "rpc://",
  taskDefaultQueue: "mail",
});

const remind = app.task("mail.remind", async (ctx, to: string) => {
  await ctx.updateState("SENDING", { to });
  return `reminded ${to}`;
});

const worker = app.worker({ concurrency: 4 });
await worker.start();

// In a second.
const sentAt = Date.now();
const later = await remind.applyAsync(["Ann"], {}, { countdown: 1 });
console.log(await later.get({ timeout: 30 })); // reminded Ann
console.log(Date.now() - sentAt >= 1000); // true

// Tomorrow, unless it has not begun two hours after that.
const tomorrow = new Date(Date.now() + 24 * 3600 * 1000);
const planned = await remind.applyAsync(["Bob"], {}, { eta: tomorrow, expires: 26 * 3600 });
try {
  await planned.get({ timeout: 0.1 });
} catch (error) {
  console.log(error instanceof TimeoutError); // true
}
await planned.revoke();

// By name: the task may be a Python worker's.
const byName = await app.sendTask("mail.remind", ["Cid"], {}, { queue: "mail", priority: 5 });
const states: string[] = [];
await byName.get({ timeout: 30, onState: ({ status }) => states.push(status) });
console.log(states.at(-1)); // SUCCESS

// Another task once this one has succeeded, with its result.
const log = app.task("mail.log", (_ctx, line: string) => `logged: ${line}`);
const linked = await remind.applyAsync(["Dot"], {}, { link: log.s() });
await linked.get({ timeout: 30 });
const [logged] = await linked.children();
console.log(await logged?.get({ timeout: 30 })); // logged: reminded Dot

// Sending resolves when the broker has confirmed the message, and rejects when it cannot.
const nowhere = new Celery("nowhere", { broker: "amqp://localhost:1//", taskPublishRetry: false });
try {
  await nowhere.sendTask("mail.remind", ["Eve"]);
} catch (error) {
  console.log(error instanceof PublishError && error.code); // CELERY_PUBLISH_FAILED
}

await nowhere.close();
await worker.stop();
await app.close();
