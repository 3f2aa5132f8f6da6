import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { useBareClient } from "../../support/celery-worker.js";
import { LineProcess } from "../../support/line-process.js";
import { useVhost } from "../../support/services.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
let worker: LineProcess | null = null;
afterAll(() => worker?.stop());

/** Files, without their ending, that `docs/request-lifecycle.md` names, by the ends of their paths. */
function named(file: string): boolean {
  const page = readFileSync(pathOf("docs/request-lifecycle.md"), "utf8");
  const names = [...page.matchAll(/`(?:src\/)?([\w/-]+\.ts)`/g)].map(([, name]) => name ?? "");
  return names.some((name) => `/${file}.ts`.endsWith(`/${name}`));
}

it("docs/request-lifecycle.md names every file that runs between the bytes of a delivery and its ack", async () => {
  const child = spawn(process.execPath, [pathOf("test/fixtures/walk-app.mjs")], {
    env: { ...process.env, CELERY_BROKER_URL: vhost.url },
  });
  worker = new LineProcess("the worker that is walked", child);
  await worker.ask({ after: 0 });
  const walks: Set<string>[] = [];
  for (const after of [1, 2, 3, 4]) {
    const id = await client.current.send("walk", "walk.add", [2, 3]);
    expect(await client.current.result(id)).toMatchObject({ status: "SUCCESS", result: 5 });
    walks.push(new Set(JSON.parse(await worker.ask({ after }))));
  }
  // What does not happen each time belongs to something else: the first task, a timer.
  const walk = [...(walks[0] ?? [])].filter((file) => walks.every((other) => other.has(file)));
  expect(walk).toContain("celery/worker/broker/delivery");
  expect(walk.filter((file) => !named(file))).toEqual([]);
  expect(walk.length).toBeGreaterThan(30);
  expect(walk.length).toBeLessThanOrEqual(47);
});
