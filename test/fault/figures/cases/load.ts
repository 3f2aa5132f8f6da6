import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "../../../support/wait-until.js";
import { EffectFlow } from "../effect-flow.js";
import type { FaultCase, Figures, Measure } from "../fault-case.js";
import { JobFlow } from "../job-flow.js";
import { Pinger, percentile } from "../pinger.js";
import type { Stage } from "../stage.js";

const COMMON = { set: "full", recoverWithin: null } as const;
const HUNDRED_THOUSAND = 100_000;
const GROWTH = 1.2;
const PING_MS = 1000;
const BUSY_PING_MS = 100;
const BUSY_MINUTES = 10;
/** Some seconds of all processors. */
const LONG = { top_board: [], simulation_runs: 3_000_000 } as const;
/** The tasks are sent and looked at before they are due. */
const ETA_MS = 150_000;

async function soak(stage: Stage): Promise<Figures> {
  const flow = await EffectFlow.open(stage);
  const megabytes: number[] = [];
  for (let round = 1; round <= 3; round++) {
    await flow.send(stage.some(HUNDRED_THOUSAND));
    await flow.end();
    megabytes.push(flow.residentMegabytes());
    stage.say(`RSS after ${await flow.effects()} tasks: ${megabytes.at(-1)?.toFixed(0)} MB`);
  }
  const [first = Number.NaN, , last = Number.NaN] = megabytes;
  return await flow.figures([{ what: "RSS after 300,000 tasks", value: last, atMost: first * GROWTH, unit: "MB" }]);
}

async function later(stage: Stage): Promise<Figures> {
  const flow = await EffectFlow.open(stage);
  const due = Date.now() + ETA_MS;
  await flow.send(stage.some(HUNDRED_THOUSAND), { eta: new Date(due).toISOString() });
  await waitUntil(async () => (await flow.depth()) === 0, "the worker to hold them all", ETA_MS);
  const over = new AbortController();
  const pinging = flow.pinger.pingUntil(over.signal, 100);
  await delay(3000);
  const scheduled = await flow.pinger.ask("scheduled", 30_000);
  await delay(3000);
  over.abort();
  const pings = await pinging;
  const early = await flow.effects();
  const shown = scheduled.text.match(/"eta"/g)?.length ?? 0;
  stage.say(`scheduled: ${shown} tasks, ${scheduled.bytes} bytes, ${scheduled.milliseconds.toFixed(0)} ms`);
  if (Date.now() > due) throw new Error("the tasks were due before they were all looked at");
  await delay(due - Date.now());
  await flow.end();
  const measures: Measure[] = [
    { what: "slowest ping", value: Math.max(...pings), atMost: PING_MS, unit: "ms" },
    { what: "effects before their time", value: early, atMost: 0, unit: "" },
    { what: "answer of scheduled", value: scheduled.milliseconds, atMost: 30_000, unit: "ms" },
  ];
  return await flow.figures(measures);
}

/** All processors compute for jobs; pings are answered meanwhile. */
async function busy(stage: Stage): Promise<Figures> {
  const services = await stage.services({ rabbitmq: true, postgres: true });
  const flow = await JobFlow.open(stage, {
    databaseUrl: services.databaseUrl,
    brokerUrls: [services.brokerUrl],
    managementUrls: [services.managementUrl],
  });
  stage.worker({ CELERY_BROKER_URL: services.brokerUrl, DATABASE_URL: flow.workerDatabaseUrl });
  const pinger = await Pinger.open(services.brokerUrl);
  stage.atEnd(() => pinger.close());
  const over = new AbortController();
  const ids = await flow.insert(4000, LONG);
  await flow.send(ids.splice(0, 8));
  await flow.reach(2);
  const pinging = pinger.pingUntil(over.signal, 200);
  const endsAt = Date.now() + stage.some(BUSY_MINUTES * 60_000);
  while (Date.now() < endsAt) {
    // Always some that wait.
    await flow.send(ids.splice(0, 2));
    await flow.reach(4000 - ids.length - 6, 300_000);
  }
  over.abort();
  const pings = await pinging;
  await flow.withdraw(ids);
  await flow.end();
  stage.say(
    `${pings.length} pings: median ${percentile(pings, 50).toFixed(1)} ms, longest ${Math.max(...pings).toFixed(0)} ms`,
  );
  return await flow.figures(null, [
    { what: "ping p99", value: percentile(pings, 99), atMost: BUSY_PING_MS, unit: "ms" },
  ]);
}

export const load: readonly FaultCase[] = [
  { name: "soak", about: "300,000 tasks; RSS against that after 100,000", ...COMMON, deadline: 2400, run: soak },
  {
    name: "later",
    about: "100,000 tasks that wait for their time; inspect ping and scheduled meanwhile",
    ...COMMON,
    deadline: 900,
    run: later,
  },
  {
    name: "busy",
    about: `${BUSY_MINUTES} minutes of jobs on every processor, pinged five times a second`,
    ...COMMON,
    deadline: 1500,
    run: busy,
  },
];
