import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "amqplib";
import { pino } from "pino";
import { describeRatio, median, pairedRatio } from "./paired.js";
import { TASK, taskBody, taskProperties } from "./queues.js";
import { type Measured, PYTHON, type Setting, startProcess } from "./setting.js";

const MESSAGES = 5000;
/** Messages that are not confirmed yet at any time. */
const IN_FLIGHT = 100;
const PAIRS = Number(process.env.BENCH_PAIRS ?? 7);

/** Tasks a second that are sent and confirmed, so many at a time. */
async function rate(send: () => Promise<unknown>): Promise<number> {
  let left = MESSAGES;
  const before = performance.now();
  const lane = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (MESSAGES / (performance.now() - before)) * 1000;
}

/** `applyAsync`, confirmed, beside bare confirmed publishes of the same messages. */
export async function publishing(setting: Setting): Promise<Measured[]> {
  const { url, connection, runtime } = setting;
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  const control = await connection.createChannel();
  // Of the same arguments as Celery declares it, with a limit so that nothing piles up.
  await control.assertExchange(queue, "direct", { durable: true });
  await control.assertQueue(queue, { durable: true });
  await control.bindQueue(queue, queue, queue);
  const client = await connect(url, { noDelay: true });
  const channel = await client.createConfirmChannel();
  const bare = () =>
    new Promise((resolve) =>
      channel.publish("", queue, taskBody(0), { ...taskProperties("reply"), mandatory: true }, resolve),
    );
  const app = new runtime.Celery("client", { broker: url, backend: "rpc://", log: pino({ level: "warn" }) });
  const task = app.task(TASK, (_ctx, x: number, _y: number) => x);
  const ours = () => task.applyAsync([1, 2], {}, { queue, ignoreResult: true });
  for (const send of [bare, ours]) await rate(send);
  const rates = { bare: [] as number[], ours: [] as number[] };
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const each of pair % 2 === 0 ? (["bare", "ours"] as const) : (["ours", "bare"] as const)) {
      await control.purgeQueue(queue);
      rates[each].push(await rate(each === "bare" ? bare : ours));
    }
  }
  const celery = await pythonRate(setting, queue);
  const node = await celeryNodeRate(setting, queue);
  await app.close();
  await client.close();
  await control.deleteQueue(queue);
  await control.deleteExchange(queue);
  await control.close();
  return [
    {
      what: "applyAsync, confirmed, 100 in flight",
      target: "≥ 0.9 of bare",
      measured: `${describeRatio(pairedRatio(rates.ours, rates.bare))}: ${Math.round(median(rates.ours))}/s`,
      beside: `bare amqplib ${Math.round(median(rates.bare))}/s; Celery, confirmed, one at a time: ${celery}/s; celery-node, unconfirmed: ${node}/s`,
    },
  ];
}

async function pythonRate({ url, scratch }: Setting, queue: string): Promise<string> {
  const script = join(scratch, "publish.py");
  writeFileSync(
    script,
    `import time
from celery import Celery
app = Celery("bench", broker=${JSON.stringify(url)})
app.conf.update(broker_transport_options={"confirm_publish": True})
def send(): app.send_task("${TASK}", (1, 2), queue="${queue}", ignore_result=True)
for _ in range(200): send()
start = time.monotonic()
for _ in range(1000): send()
print("rate", round(1000 / (time.monotonic() - start)), flush=True)
`,
  );
  return await rateOf(PYTHON, [script]);
}

async function celeryNodeRate({ url }: Setting, queue: string): Promise<string> {
  const script = `
    const client = require("celery-node").createClient(...${JSON.stringify([url, url, queue])});
    const task = client.createTask(${JSON.stringify(TASK)});
    const send = async (count) => { for (let sent = 0; sent < count; sent++) { task.applyAsync([1, 2]); if (sent % 100 === 99) await new Promise(setImmediate); } };
    client.isReady().then(async () => {
      await send(1000);
      const start = performance.now();
      await send(${MESSAGES});
      console.log("rate", Math.round(${MESSAGES} / (performance.now() - start) * 1000));
    });`;
  return await rateOf(process.execPath, ["-e", script]);
}

async function rateOf(command: string, args: readonly string[]): Promise<string> {
  const child = startProcess(command, args);
  const line = await child.line(/^rate/);
  await child.stop();
  return line.replace("rate ", "");
}
