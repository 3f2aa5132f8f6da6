/**
 * The list of jobs in Chromium, over 100,000 rows, while three workers compute: from the click, or the address, until the
 * rows stand in the page. The server's own answer to each of these pages is measured beside it.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Browser, chromium, type Page } from "playwright-core";
import { addDemoUser } from "../scripts/local/jobs-api.js";
import { findChromium, provision } from "../scripts/local/provision.js";
import { jobsOf, type Stack, startStack } from "../scripts/local/stack.js";
import { printTable, type Row, saveResults } from "./report.js";
import { median, quantile } from "./runtime/paired.js";

const ROWS = Number(process.env.BENCH_JOBS ?? 100_000);
const ROUNDS = 15;
const TRICKLE_MS = 500;
const SPOT = {
  job_type: "SPOT_SIMULATION" as const,
  input_data: { players: [{ cards: "AA:ds" }, { cards: "15%" }], top_board: ["Td", "8c", "5h"], simulation_runs: 4000 },
};

/** Pages of the list: what they are called, and their query. */
const VIEWS: readonly (readonly [string, string])[] = [
  ["the newest", ""],
  ["solves", "kind=SOLVER_ANALYSIS"],
  ["failed ones (1 in 1,000)", "status=FAILED"],
  [
    "state, kind and an hour",
    "status=COMPLETED&kind=SPOT_SIMULATION&since=2026-01-01T01:00:00Z&until=2026-01-01T02:00:00Z",
  ],
  ["text that one has", "text=spot+4711x"],
  ["text that none has", "text=nobody+wrote+this"],
];

async function bench(): Promise<void> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  await provision(["chromium"], log);
  const stack = await startStack({ workers: 3, log, web: true, env: { CELERY_WORKER_CONCURRENCY: "1" } });
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  try {
    await fill(stack.urls.databaseUrl ?? "");
    const rows = await measured(stack, browser);
    process.stdout.write(`\n${ROWS.toLocaleString("en")} rows, load ${loadavg()[0]?.toFixed(1)}\n\n`);
    printTable(rows);
    saveResults("web-list", rows);
  } finally {
    await browser.close();
    await stack.stop();
  }
}

async function fill(url: string): Promise<void> {
  await addDemoUser(url);
  const database = new pg.Client(url);
  database.on("error", () => undefined);
  await database.connect();
  await database.query(
    `insert into jobs (id, user_id, job_type, status, input_data, result_data, error_message, created_at, completed_at)
     select gen_random_uuid()::text, (select id from users limit 1), (array['SPOT_SIMULATION', 'SOLVER_ANALYSIS'])[1 + n % 2]::jobtype,
       (case when n % 1000 = 7 then 'FAILED' else 'COMPLETED' end)::jobstatus,
       json_build_object('spot_name', 'spot ' || n || 'x', 'players', json_build_array('AsAhKdQd', '15%')),
       json_build_array(json_build_object('total_equity', 0.6), json_build_object('total_equity', 0.4, 'x', repeat(md5(n::text), 60))),
       case when n % 1000 = 7 then 'error ' || n end,
       timestamp '2026-01-01' + n * interval '100 milliseconds', timestamp '2026-01-02'
     from generate_series(1, ${ROWS}) as n`,
  );
  await database.query("vacuum analyze jobs");
  await database.end();
}

/** Jobs keep coming while the list is looked at. */
async function measured(stack: Stack, browser: Browser): Promise<Row[]> {
  const over = new AbortController();
  const coming = trickle(stack, over.signal);
  try {
    const page = await (await browser.newContext({ viewport: { width: 1200, height: 850 } })).newPage();
    const web = stack.urls.webUrl ?? "";
    const rows: Row[] = [];
    for (const [name, query] of VIEWS) {
      const times: number[] = [];
      const answers: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        times.push(await timed(page, () => page.goto(`${web}/#/jobs?${query}&round=${round}`)));
        answers.push(await answerMs(`${web}/api/jobs?${query}`));
        await page.goto("about:blank");
      }
      rows.push(row(`page opened: ${name}`, times, answers));
    }
    await page.goto(`${web}/#/jobs`);
    // Away from the newest page, which changes by itself.
    await timed(page, () => page.getByRole("link", { name: "Older" }).click());
    const older: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      older.push(await timed(page, () => page.getByRole("link", { name: "Older" }).click()));
    rows.push(row("Older clicked", older, []));
    return rows;
  } finally {
    over.abort();
    await coming;
  }
}

async function trickle(stack: Stack, signal: AbortSignal): Promise<void> {
  const jobs = jobsOf(stack.urls);
  while (!signal.aborted) {
    await jobs.submit(SPOT);
    await sleep(TRICKLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Milliseconds until the page shows rows, or says that there are none, of the place that it was sent to. */
async function timed(page: Page, act: () => Promise<unknown>): Promise<number> {
  const before = await firstRow(page);
  const start = performance.now();
  await act();
  for (;;) {
    const now = await firstRow(page);
    if (now !== null && now !== before) return performance.now() - start;
  }
}

function firstRow(page: Page): Promise<string | null> {
  return page.evaluate(
    `document.querySelector("table.jobs tbody a.open")?.href ?? document.querySelector(".empty")?.textContent ?? null`,
  );
}

async function answerMs(url: string): Promise<number> {
  const start = performance.now();
  await (await fetch(url)).text();
  return performance.now() - start;
}

function row(what: string, times: readonly number[], answers: readonly number[]): Row {
  const ms = (value: number) => Math.round(value);
  return {
    what,
    "median ms": ms(median(times)),
    "slowest ms": ms(quantile(times, 1)),
    "server's answer, median ms": answers.length === 0 ? "" : ms(median(answers)),
  };
}

bench().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
