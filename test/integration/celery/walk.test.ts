import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { useBareClient } from "../../support/celery-worker.js";
import { LineProcess } from "../../support/line-process.js";
import { useVhost } from "../../support/services.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
let worker: LineProcess | null = null;
afterEach(() => worker?.stop());

/** Files, without their ending, that `docs/request-lifecycle.md` names, by the ends of their paths. */
function named(file: string): boolean {
  const page = readFileSync(pathOf("docs/request-lifecycle.md"), "utf8");
  const names = [...page.matchAll(/`(?:src\/)?([\w/-]+\.ts)`/g)].map(([, name]) => name ?? "");
  return names.some((name) => `/${file}.ts`.endsWith(`/${name}`));
}

async function startWorker(): Promise<LineProcess> {
  const child = spawn(process.execPath, [pathOf("test/fixtures/walk-app.mjs")], {
    env: { ...process.env, CELERY_BROKER_URL: vhost.url },
  });
  worker = new LineProcess("the worker that is walked", child);
  await worker.ask({ after: 0 });
  return worker;
}

/** Files that ran each time: what does not happen each time belongs to something else, as the first task or a timer. */
function always([first = new Set(), ...others]: readonly Set<string>[]): string[] {
  return [...first].filter((file) => others.every((other) => other.has(file)));
}

it("docs/request-lifecycle.md names every file that runs between the bytes of a delivery and its ack", async () => {
  const walked = await startWorker();
  const walks: Set<string>[] = [];
  for (const after of [1, 2, 3, 4]) {
    const id = await client.current.send("walk", "walk.add", [2, 3]);
    expect(await client.current.result(id)).toMatchObject({ status: "SUCCESS", result: 5 });
    walks.push(new Set(JSON.parse(await walked.ask({ after }))));
  }
  const walk = always(walks);
  expect(walk).toContain("celery/worker/broker/delivery");
  expect(walk.filter((file) => !named(file))).toEqual([]);
  expect(walk.length).toBeGreaterThan(30);
  expect(walk.length).toBeLessThanOrEqual(40);
});

it("docs/request-lifecycle.md names every file that runs between asking for active tasks and the answer", async () => {
  const walked = await startWorker();
  const walks: Set<string>[] = [];
  for (let count = 0; count < 4; count += 1) walks.push(new Set(JSON.parse(await walked.ask({ inspect: true }))));
  // The first question connects.
  const walk = always(walks.slice(1));
  expect(walk).toContain("celery/worker/remote/controlled");
  expect(walk.filter((file) => !named(file))).toEqual([]);
  expect(walk.length).toBeGreaterThan(15);
  expect(walk.length).toBeLessThanOrEqual(28);
});
