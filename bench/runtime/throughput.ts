import { bare, type Consume, celeryNode, ours, prefork } from "./consumers.js";
import { describeRatio, median, pairedRatio } from "./paired.js";
import { withFilledQueue } from "./queues.js";
import type { Measured, Setting } from "./setting.js";

const PAIRS = Number(process.env.BENCH_PAIRS ?? 7);
/** How many tasks a run has, by what an argument takes. */
const TASKS = new Map([
  [0, Number(process.env.BENCH_TASKS ?? 8000)],
  [1000, 5000],
  [64_000, 1000],
  [1_000_000, 200],
]);

interface Case {
  readonly name: string;
  readonly bytes: number;
  readonly withResults: boolean;
  readonly target: string;
}

const CASES: readonly Case[] = [
  { name: "results ignored", bytes: 0, withResults: false, target: "≥ 0.96 of bare" },
  { name: "rpc results and events", bytes: 0, withResults: true, target: "≥ 0.85 of bare" },
  { name: "arguments of 1 kB", bytes: 1000, withResults: false, target: "" },
  { name: "arguments of 64 kB", bytes: 64_000, withResults: false, target: "" },
  { name: "arguments of 1 MB", bytes: 1_000_000, withResults: false, target: "" },
];

/** The worker beside a bare consumer, in pairs whose order changes from one to the next. */
export async function throughput(setting: Setting): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const { name, bytes, withResults, target } of CASES) {
    const tasks = TASKS.get(bytes) ?? 1000;
    const rate = (consume: Consume) =>
      withFilledQueue(setting, { tasks, bytes, withResults }, (queue) => consume(setting, queue, tasks, withResults));
    // The first runs of a process compile what the others use.
    for (const consume of [bare, ours]) await rate(consume);
    const rates = { bare: [] as number[], ours: [] as number[] };
    for (let pair = 0; pair < PAIRS; pair++) {
      const order = pair % 2 === 0 ? (["bare", "ours"] as const) : (["ours", "bare"] as const);
      for (const each of order) rates[each].push(await rate(each === "bare" ? bare : ours));
    }
    rows.push({
      what: `consume, ${name}`,
      target,
      measured: `${describeRatio(pairedRatio(rates.ours, rates.bare))}: ${Math.round(median(rates.ours))}/s`,
      beside: `bare amqplib ${Math.round(median(rates.bare))}/s`,
    });
  }
  return rows;
}

/** The worker beside Celery and celery-node, one run each. */
export async function peers(setting: Setting): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const withResults of [false, true]) {
    const run = (consume: Consume, tasks: number) =>
      withFilledQueue(setting, { tasks, bytes: 0, withResults }, (queue) =>
        consume(setting, queue, tasks, withResults),
      );
    const own = await run(ours, 8000);
    const celery = await run(prefork, 2000);
    const others = [`Celery, prefork of 2: ${Math.round(celery)}/s`];
    if (!withResults) others.push(`celery-node, early acks: ${Math.round(await run(celeryNode, 8000))}/s`);
    rows.push({
      what: `consume beside Celery, ${withResults ? "rpc results and events" : "results ignored"}`,
      target: "",
      measured: `${(own / celery).toFixed(1)} × Celery: ${Math.round(own)}/s`,
      beside: others.join("; "),
    });
  }
  return rows;
}
