/** Writes docs/images from the web view itself, on a stack of its own: `npx tsx scripts/web-screenshots.ts`. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { exampleJob, type JobRequest } from "./local/jobs-api.js";
import { waitFor } from "./local/processes.js";
import { findChromium, provision } from "./local/provision.js";
import { jobsOf, type Stack, startStack } from "./local/stack.js";
import { ROOT } from "./local/state.js";

const FOLDER = join(ROOT, "docs/images");
const WIDE = { width: 1120, height: 760 };
const PHONE = { width: 360, height: 720 };

const spot = (input_data: JobRequest["input_data"]): JobRequest => ({ job_type: "SPOT_SIMULATION", input_data });
const solve = (file: string, changed: object = {}): JobRequest => ({
  job_type: "SOLVER_ANALYSIS",
  input_data: { ...JSON.parse(readFileSync(join(ROOT, "examples/spots", file), "utf8")), ...changed },
});
const ACES = { cards: ["As", "Ah", "Kd", "Qd"] };
const RUNDOWN = { cards: ["Jh", "Th", "9s", "8s"] };

/** A report that two workers solve within a minute. */
const REPORT = {
  pot_size: 6.5,
  stack_sizes: [97, 97],
  player_ranges: { "0": "12%", "1": "AA,KK:ds,JT98" },
  bet_sizes: [0.5, 1],
  max_raises: 1,
  max_combos: 60,
  time_limit_seconds: 3,
  flops: { sample: 24, seed: 3 },
};

const JOBS: readonly JobRequest[] = [
  spot({ players: [{ cards: "AA:ds" }, { cards: "15%" }], top_board: ["Td", "8c", "5h"], simulation_runs: 4000 }),
  spot({ players: [ACES, { cards: ["Jh", "Jh", "9s", "8s"] }] }),
  solve("three-way-river.json"),
  spot({ players: [ACES, RUNDOWN], top_board: ["Qs", "Js", "4h"] }),
  solve("double-board-river.json"),
  solve("turn.json"),
  exampleJob(),
  { job_type: "SOLVER_ANALYSIS", input_data: REPORT },
];

async function screenshots(): Promise<void> {
  const log = (line: string) => process.stdout.write(`${line}\n`);
  await provision(["chromium"], log);
  const stack = await startStack({ workers: 2, log, web: true, env: { CELERY_WORKER_CONCURRENCY: "1" } });
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox"],
  });
  try {
    await shoot(stack, browser);
  } finally {
    await browser.close();
    await stack.stop();
  }
}

async function shoot(stack: Stack, browser: Browser): Promise<void> {
  const jobs = jobsOf(stack.urls);
  const ids: string[] = [];
  for (const job of JOBS) {
    const id = await jobs.submit(job);
    const isOver = async () => /COMPLETED|FAILED/.test((await jobs.get(id)).status);
    await waitFor(`job ${id}`, isOver, { timeoutMs: 180_000, everyMs: 200 });
    ids.push(id);
  }
  // Two that run while the list is looked at.
  for (let count = 0; count < 3; count++)
    await jobs.submit(
      solve("turn.json", {
        use_cache: false,
        seed: count,
        target_exploitability: 1e-6,
        time_limit_seconds: 60,
        max_combos: 2000,
      }),
    );
  mkdirSync(FOLDER, { recursive: true });
  const take = async (name: string, hash: string, colorScheme: "light" | "dark", viewport: typeof WIDE) => {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    await page.goto(`${stack.urls.webUrl}/#/${hash}`);
    await page.locator("main .panel, main table").first().waitFor();
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(FOLDER, `web-${name}.png`) });
    await context.close();
  };
  await take("jobs", "jobs", "light", WIDE);
  await take("cluster-dark", "cluster", "dark", WIDE);
  await take("jobs-phone", "jobs", "light", PHONE);
  await take("tree-dark", `jobs/${ids[5]}`, "dark", WIDE);
  await take("answer", `jobs/${ids[6]}`, "light", WIDE);
  await take("report", `jobs/${ids[7]}`, "light", { width: 1120, height: 1500 });
  await take("report-phone", `jobs/${ids[7]}`, "dark", { width: 360, height: 1100 });
  await take("new-phone", "new", "dark", PHONE);
}

screenshots().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
