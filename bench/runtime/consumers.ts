import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "amqplib";
import { pino } from "pino";
import type { Tracing } from "../../src/celery/index.js";
import { readyIn, TASK } from "./queues.js";
import { PYTHON, type Setting, startProcess } from "./setting.js";

const PREFETCH = 64;

/** Tasks before the clock starts. */
const WARM_UP = 100;

/** Consumes a queue with so many tasks to its end. @returns tasks a second, without the start */
export type Consume = (setting: Setting, queue: string, tasks: number, withResults: boolean) => Promise<number>;

/** Counts tasks; the rate is between the end of the warm-up and the last of them. */
class Meter {
  #count = 0;
  #startMs = 0;
  #resolve: (rate: number) => void = () => undefined;
  readonly rate = new Promise<number>((resolve) => {
    this.#resolve = resolve;
  });

  constructor(private readonly tasks: number) {}

  ended(): void {
    this.#count += 1;
    if (this.#count === WARM_UP) this.#startMs = performance.now();
    if (this.#count === this.tasks)
      this.#resolve(((this.tasks - WARM_UP) / (performance.now() - this.#startMs)) * 1000);
  }
}

/** amqplib alone, in one process: parses, publishes where results are wanted, acknowledges. No confirms, no events. */
export const bare: Consume = async ({ url }, queue, tasks, withResults) => {
  const client = await connect(url, { noDelay: true });
  const channel = await client.createChannel();
  const meter = new Meter(tasks);
  await channel.prefetch(PREFETCH);
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const [args] = JSON.parse(message.content.toString());
    if (withResults) {
      const { correlationId, replyTo } = message.properties;
      const result = { task_id: correlationId, status: "SUCCESS", result: args[0], traceback: null, children: [] };
      const properties = { correlationId, contentType: "application/json" };
      channel.publish("", replyTo, Buffer.from(JSON.stringify(result)), properties);
    }
    channel.ack(message);
    meter.ended();
  });
  const rate = await meter.rate;
  await client.close();
  return rate;
};

/** This worker in the same process: late acknowledgements, results confirmed before them, three events a task. */
export const ours: Consume = (...run) => oursTraced(null)(...run);

/** The same, recording spans of its runs. @param tracing null for none */
export const oursTraced =
  (tracing: Tracing | null): Consume =>
  async ({ url, runtime }, queue, tasks, withResults) => {
    const app = new runtime.Celery("bench", {
      broker: url,
      backend: withResults ? "rpc://" : "disabled://",
      taskAcksLate: true,
      workerSendTaskEvents: withResults,
      log: pino({ level: "warn" }),
      ...(tracing === null ? {} : { tracing }),
    });
    app.task(TASK, { ignoreResult: !withResults }, (_ctx, x: number) => x);
    const worker = app.worker({ queues: [queue], concurrency: PREFETCH, prefetchMultiplier: 1 });
    const meter = new Meter(tasks);
    worker.events.on("taskSucceeded", () => meter.ended());
    await worker.start();
    const rate = await meter.rate;
    await worker.stop(5);
    await app.close();
    return rate;
  };

/** celery-node in a process of its own. It acknowledges before it runs, and takes all there is into memory. */
export const celeryNode: Consume = async (setting, queue, tasks) => {
  const script = `
    const worker = require("celery-node").createWorker(...${JSON.stringify([setting.url, setting.url, queue])});
    worker.register(${JSON.stringify(TASK)}, (x) => x);
    void worker.start();`;
  return await watched(setting, queue, tasks, process.execPath, ["-e", script]);
};

/** Python's Celery with two processes. */
export const prefork: Consume = async (setting, queue, tasks, withResults) => {
  const { url, scratch } = setting;
  const python = (value: boolean) => (value ? "True" : "False");
  writeFileSync(
    join(scratch, "benchapp.py"),
    `from celery import Celery
app = Celery("bench", broker=${JSON.stringify(url)}, backend=${withResults ? '"rpc://"' : "None"})
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=${PREFETCH / 2}, worker_send_task_events=${python(withResults)}, task_ignore_result=${python(!withResults)})
@app.task(name="${TASK}")
def noop(x, y):
    return x
`,
  );
  const flags = [
    "-P",
    "prefork",
    "-c",
    "2",
    "-l",
    "error",
    "--without-mingle",
    "--without-gossip",
    "--workdir",
    scratch,
  ];
  const args = ["-m", "celery", "--workdir", scratch, "-A", "benchapp", "worker", "-Q", queue, ...flags.slice(0, -2)];
  return await watched(setting, queue, tasks, PYTHON, args);
};

/** Runs a consumer of its own process and looks at its queue. */
async function watched(
  setting: Setting,
  queue: string,
  tasks: number,
  command: string,
  args: readonly string[],
): Promise<number> {
  const child = startProcess(command, args);
  const below = async (limit: number) => {
    for (;;) {
      const ready = await readyIn(setting, queue);
      if (ready <= limit) return { ready, atMs: performance.now() };
    }
  };
  const first = await below(tasks - PREFETCH * 2);
  const last = await below(0);
  await child.stop();
  return (first.ready / (last.atMs - first.atMs)) * 1000;
}
