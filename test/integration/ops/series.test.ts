import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "../../../scripts/local/state.js";
import { Celery } from "../../../src/celery/index.js";
import { useJobs } from "../../support/jobs.js";
import { Prometheus } from "../../support/prometheus.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";
import { WorkerProcess } from "../../support/worker-process.js";

const Panel = z.looseObject({
  id: z.int(),
  title: z.string(),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  targets: z
    .array(z.looseObject({ expr: z.string(), datasource: z.looseObject({ uid: z.string().startsWith("$") }) }))
    .min(1),
});
const Dashboard = z.looseObject({ uid: z.string(), title: z.string(), panels: z.array(Panel).min(1) });
const Rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

const dashboards = readdirSync(join(ROOT, "ops/grafana")).map((file) => ({
  file,
  ...Dashboard.parse(JSON.parse(readFileSync(join(ROOT, "ops/grafana", file), "utf8"))),
}));
const alerts = Rules.parse(parse(readFileSync(join(ROOT, "ops/alerts.yaml"), "utf8"))).groups.flatMap(
  ({ rules }) => rules,
);
const queries = dashboards.flatMap(({ file, panels }) =>
  panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ of: `${file}: ${title}`, expr }))),
);

const vhost = useVhost();
const jobs = useJobs();
const stops: (() => Promise<unknown>)[] = [];
let prometheus: Prometheus;

const SPOT = {
  players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["9c", "9d", "8c", "8d"] }],
  board: [],
  simulation_runs: 1000,
};
const RIVER = {
  game_state: {
    street: "river",
    board: ["Ks", "Qd", "7h", "4c", "2d"],
    pot_size: 100,
    stack_sizes: [100, 100],
    player_position: 0,
    active_players: [0, 1],
    player_ranges: {
      "0": [["Kd", "Qc", "3c", "3h"]],
      "1": [
        ["Kh", "Kc", "9s", "8s"],
        ["Js", "Tc", "9h", "8h"],
      ],
    },
  },
  bet_sizes: [1],
  max_raises: 0,
};

/** A worker that has done one of everything that is counted, scraped at least twice since. */
beforeAll(async () => {
  const worker = WorkerProcess.start({ CELERY_BROKER_URL: vhost.url, DATABASE_URL: jobs.url, LOG_FORMAT: "json" });
  stops.push(() => worker.kill());
  await worker.wrote("ready.");
  const url = /"url":"http:\/\/([^"]+)"/.exec(worker.output)?.[1];
  if (url === undefined) throw new Error(`the worker names no address; ${worker.tail}`);
  prometheus = await Prometheus.start(url);
  stops.push(() => prometheus.stop());
  await waitUntil(
    async () => (await prometheus.query("celery_worker_ready == 1")).length > 0,
    "the worker was scraped",
  );
  const ids = [await jobs.queue(SPOT), await jobs.queue(RIVER, "SOLVER_ANALYSIS"), await jobs.queue({ players: 7 })];
  const app = new Celery("producer", { broker: vhost.url });
  stops.push(() => app.close());
  const words = ["spot_simulation", "solver_analysis", "spot_simulation"];
  for (const [index, word] of words.entries())
    await app.sendTask(`tasks.process_${word}`, [ids[index]], {}, { queue: word });
  const ended = async () => {
    const rows = await Promise.all(ids.map((id) => jobs.row(id)));
    return rows.map(({ status }) => status).join() === "COMPLETED,COMPLETED,FAILED";
  };
  await waitUntil(ended, "two jobs are COMPLETED and one is FAILED");
  // A rate needs two samples, also of the series that begin with the tasks.
  const seen =
    "sum(celery_worker_processed_tasks_total) == 3 and sum(celery_dead_letters_total) == 1 " +
    "and min(count_over_time(celery_task_wait_seconds_count[1m])) >= 2 " +
    "and min(count_over_time(celery_dead_letters_total[1m])) >= 2";
  await waitUntil(async () => (await prometheus.query(seen)).length > 0, "Prometheus has seen what they did");
}, 600_000);
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

/** The series that an expression reads: each name of ours, with the labels it is asked for by. */
function selectorsOf(expr: string): string[] {
  const ours = /\b(?:celery|jobs?|spot|solver|nodejs|process)(?:_[a-z0-9]+)*(?:\{[^}]*\})?/g;
  const text = expr.replaceAll(/\b(?:by|without)\s*\([^)]*\)/g, "");
  return [...text.matchAll(ours)].map(([selector]) => selector);
}

describe("dashboards", () => {
  test.each(queries)("$of", async ({ expr }) => {
    const query = expr.replaceAll("$__rate_interval", "1m");
    expect(await prometheus.query(query), query).not.toEqual([]);
  });

  test.each(dashboards)("$file has panels of their own places and ids", ({ panels }) => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}:${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });
});

describe("alerts read what the worker reports", () => {
  test.each(alerts)("$alert", async ({ expr }) => {
    const selectors = selectorsOf(expr);
    expect(selectors).not.toEqual([]);
    for (const selector of selectors) expect(await prometheus.query(selector), selector).not.toEqual([]);
  });
});

test("a query for something else finds nothing, and one that is none is refused", async () => {
  expect(await prometheus.query("max by (queue_name) (celery_queue_sizes)")).toEqual([]);
  await expect(prometheus.query("max by (queue_name (celery_queue_size)")).rejects.toThrow("parse error");
});

test("what the jobs did is measured", async () => {
  const value = async (query: string) => (await prometheus.query(query)).map(({ value: [, text] }) => Number(text));
  expect(await value('jobs{job_type="SPOT_SIMULATION",status="FAILED"}')).toHaveLength(1);
  expect(await value("sum(job_queue_wait_seconds_count)")).toEqual([3]);
  expect(await value('solver_exploitability_pot_ratio_count{game="asked"}')).toEqual([1]);
  expect(await value('solver_exploitability_pot_ratio_count{game="cut"}')).toEqual([0]);
  expect(await value("sum(celery_task_wait_seconds_count)")).toEqual([3]);
  expect(await value('celery_dead_letters_total{queue_name="spot_simulation"}')).toEqual([1]);
});
