/**
 * What the runtime costs, beside amqplib alone and other Celery workers, on one broker and in one run. BENCH_PARTS names some
 * of the parts, with commas between; BENCH_DIST another build's `dist`, to compare with; BENCH_PAIRS how many pairs.
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { printTable, saveResults } from "./report.js";
import { compute, ping, roundTrip } from "./runtime/latency.js";
import { cluster, starts } from "./runtime/process-costs.js";
import { publishing } from "./runtime/publishing.js";
import { closeSetting, type Measured, openSetting, type Setting } from "./runtime/setting.js";
import { peers, throughput } from "./runtime/throughput.js";
import { tracing } from "./runtime/tracing.js";

const PARTS: Readonly<Record<string, (setting: Setting) => Promise<Measured[]>>> = {
  throughput,
  peers,
  "round-trip": roundTrip,
  publishing,
  compute,
  ping,
  starts,
  cluster,
  tracing,
};

const names = process.env.BENCH_PARTS?.split(",") ?? Object.keys(PARTS);
const unknown = names.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) throw new Error(`there is no part ${unknown}: use ${Object.keys(PARTS).join(", ")}`);

const setting = await openSetting({ postgres: names.includes("starts") });
const rows: Measured[] = [];
try {
  for (const name of names) {
    const found = (await PARTS[name]?.(setting)) ?? [];
    for (const { what, measured } of found) process.stderr.write(`${what}: ${measured}\n`);
    rows.push(...found);
  }
} finally {
  await closeSetting(setting);
}
const load = loadavg().map((value) => value.toFixed(1));
process.stdout.write(
  `${availableParallelism()} cores of ${cpus()[0]?.model}, load ${load.join(" ")}; Node ${process.version}; RabbitMQ ${setting.brokerVersion}\n\n`,
);
const table = rows.map((row) => ({ ...row }));
printTable(table);
const whole = names.length === Object.keys(PARTS).length;
saveResults(whole ? "runtime" : `runtime-${names.join("-")}`, table, { rabbitmq: setting.brokerVersion });
