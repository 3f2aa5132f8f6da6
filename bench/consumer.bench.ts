import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelModel, connect } from "amqplib";
import { pino } from "pino";
import { startServices } from "../scripts/local/services.js";
import { Celery } from "../src/celery/app.js";
import { printTable, saveResults } from "./report.js";

/**
 * What a worker costs for each message: N no-op tasks already in a durable queue, late acks, one ack a task,
 * prefetch 64. First with results ignored, then with an `rpc://` result and task events for every task. Our worker
 * stands beside a bare amqplib consumer that parses and acks (and publishes), Celery, and celery-node, on one broker.
 */
const TASKS = Number(process.env.BENCH_TASKS ?? 20_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const PREFETCH = 64;
const PYTHON = process.env.BENCH_PYTHON ?? "/usr/bin/python3";

interface Contender {
  readonly name: string;
  /** How many it is given: slow ones fewer, as a rate needs no more. */
  readonly tasks: number;
  /** Consumes the queue until `done` resolves. */
  run(queue: string, withResults: boolean, done: Promise<void>): Promise<void>;
}

const services = await startServices({ rabbitmq: true });
const url = services.brokerUrl;
if (url === undefined) throw new Error("the bench needs RabbitMQ");
const connection = await connect(url, { noDelay: true });
const scratch = mkdtempSync(join(tmpdir(), "consumer-bench-"));

/** Fills a new durable queue and waits until the broker has all of it. */
async function fill(queue: string, tasks: number, replyTo: string): Promise<void> {
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(queue, "direct", { durable: true });
  await channel.assertQueue(queue, { durable: true });
  await channel.bindQueue(queue, queue, queue);
  const body = Buffer.from(JSON.stringify([[1, 2], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]));
  for (let index = 0; index < tasks; index++) {
    const id = randomUUID();
    channel.sendToQueue(queue, body, {
      contentType: "application/json",
      contentEncoding: "utf-8",
      correlationId: id,
      replyTo,
      deliveryMode: 2,
      priority: 0,
      headers: {
        lang: "py",
        task: "bench.noop",
        id,
        root_id: id,
        parent_id: null,
        group: null,
        shadow: null,
        eta: null,
        expires: null,
        group_index: null,
        retries: { "!": "int", value: 0 },
        timelimit: [null, null],
        argsrepr: "(1, 2)",
        kwargsrepr: "{}",
        origin: "gen1@bench",
        ignore_result: replyTo === "",
      },
    });
    if (index % 1000 === 999) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await channel.close();
}

/** Resolves when the queue holds nothing, ready or unacknowledged. */
async function emptied(queue: string): Promise<void> {
  const channel = await connection.createChannel();
  for (;;) {
    const { messageCount } = await channel.checkQueue(queue);
    if (messageCount === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await channel.close();
}

const bare: Contender = {
  name: "bare amqplib",
  tasks: TASKS,
  async run(queue, withResults, done) {
    const client: ChannelModel = await connect(url, { noDelay: true });
    const channel = await client.createChannel();
    await channel.prefetch(PREFETCH);
    await channel.consume(queue, (message) => {
      if (message === null) return;
      const [args] = JSON.parse(message.content.toString());
      if (withResults) {
        const { correlationId, replyTo } = message.properties;
        const result = { task_id: correlationId, status: "SUCCESS", result: args[0], traceback: null, children: [] };
        channel.publish("", replyTo, Buffer.from(JSON.stringify(result)), {
          correlationId,
          contentType: "application/json",
        });
      }
      channel.ack(message);
    });
    await done;
    await client.close();
  },
};

const ours: Contender = {
  name: "this worker",
  tasks: TASKS,
  async run(queue, withResults, done) {
    const app = new Celery("bench", {
      broker: url,
      backend: withResults ? "rpc://" : "disabled://",
      taskAcksLate: true,
      workerSendTaskEvents: withResults,
      log: pino({ level: "warn" }),
    });
    app.task("bench.noop", { ignoreResult: !withResults }, (_ctx, x: number) => x);
    const worker = app.worker({ queues: [queue], concurrency: PREFETCH, prefetchMultiplier: 1 });
    await worker.start();
    await done;
    await worker.stop(5);
    await app.close();
  },
};

/** Runs a consumer of its own process until `done` resolves; what it says is not of interest. */
async function runUntil(done: Promise<void>, command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await done;
  child.kill("SIGTERM");
  // Celery's threads sometimes never end.
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(timer);
}

const celeryNode: Contender = {
  // It knows neither late acks nor a prefetch: what it has not finished is lost with it.
  name: "celery-node, early acks",
  tasks: TASKS,
  async run(queue, _withResults, done) {
    const script = `
      const worker = require("celery-node").createWorker(...${JSON.stringify([url, url, queue])});
      worker.register("bench.noop", (x) => x);
      void worker.start();`;
    await runUntil(done, process.execPath, ["-e", script], import.meta.dirname);
  },
};

function python(pool: string): Contender {
  return {
    name: `Celery ${pool}`,
    tasks: Math.ceil(TASKS / 4),
    async run(queue, withResults, done) {
      writeFileSync(
        join(scratch, "benchapp.py"),
        `from celery import Celery
app = Celery("bench", broker=${JSON.stringify(url)}, backend=${withResults ? '"rpc://"' : "None"})
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=${pool === "solo" ? PREFETCH : PREFETCH / 2}, worker_send_task_events=${withResults ? "True" : "False"}, task_ignore_result=${withResults ? "False" : "True"})
@app.task(name="bench.noop")
def noop(x, y):
    return x
`,
      );
      const concurrency = pool === "solo" ? "1" : "2";
      const flags = ["-P", pool, "-c", concurrency, "-l", "error", "--without-mingle", "--without-gossip"];
      await runUntil(done, PYTHON, ["-m", "celery", "-A", "benchapp", "worker", "-Q", queue, ...flags], scratch);
    },
  };
}

/** Tasks a second from the first settled message to the last, so that start-up does not count. */
async function measure(contender: Contender, withResults: boolean): Promise<number> {
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  const channel = await connection.createChannel();
  const { queue: replyQueue } = await channel.assertQueue("", { exclusive: true, arguments: { "x-max-length": 1000 } });
  await fill(queue, contender.tasks, withResults ? replyQueue : "");
  let startedAt = 0;
  const watch = (async () => {
    for (;;) {
      const { messageCount } = await channel.checkQueue(queue);
      if (messageCount < contender.tasks - PREFETCH) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    startedAt = performance.now();
    const { messageCount } = await channel.checkQueue(queue);
    await emptied(queue);
    return messageCount / ((performance.now() - startedAt) / 1000);
  })();
  await contender.run(
    queue,
    withResults,
    watch.then(() => undefined),
  );
  const rate = await watch;
  await channel.deleteQueue(queue);
  await channel.deleteExchange(queue);
  await channel.close();
  return rate;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const selected = process.env.BENCH_ONLY?.split(",");
const contenders = [bare, ours, celeryNode, python("solo"), python("prefork"), python("threads")].filter(
  ({ name }) => selected?.includes(name) ?? true,
);
const rows: Record<string, string | number>[] = [];
for (const withResults of [false, true]) {
  const rates = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of contenders) {
      if (withResults && contender === celeryNode) continue;
      const rate = await measure(contender, withResults);
      process.stderr.write(`round ${round + 1}, ${contender.name}: ${Math.round(rate)} tasks/s\n`);
      rates.set(contender.name, [...(rates.get(contender.name) ?? []), rate]);
    }
  }
  const base = median(rates.get(bare.name) ?? []);
  for (const [name, values] of rates) {
    rows.push({
      case: withResults ? "rpc:// result and events" : "results ignored",
      consumer: name,
      "tasks/s": Math.round(median(values)),
      "of bare": (median(values) / base).toFixed(2),
    });
  }
}
printTable(rows);
saveResults("consumer", rows);
await connection.close();
await services.stop();
rmSync(scratch, { recursive: true });
