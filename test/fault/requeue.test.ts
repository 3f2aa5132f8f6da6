import { expect, it } from "vitest";
import { Reject } from "../../src/celery/errors.js";
import { kernel } from "../../src/celery/kernel.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import type { Behaviour } from "../unit/celery/executor/kernels/behaviours.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
const behave = kernel<Behaviour, unknown>(new URL("../unit/celery/executor/kernels/behaviours.ts", import.meta.url));

it("a task that sends its message back for ever goes round with growing pauses, and others go on", async () => {
  const runs: number[] = [];
  const worker = await startWorker(
    (app) => {
      app.task("back", () => {
        runs.push(performance.now());
        throw new Reject("not for me", true);
      });
      app.task("good", (_ctx, n: number) => n);
    },
    { concurrency: 1, prefetchMultiplier: 1 },
  );
  await client.current.send("celery", "back");
  await waitUntil(() => runs.length === 4, "four runs");
  const id = await client.current.send("celery", "good", [1]);
  expect((await client.current.result(id)).result).toBe(1);
  await waitUntil(() => runs.length === 5, "a fifth run");
  const pauses = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
  // The first return is at once; the second waits half a second at most, the fourth one to two.
  expect(pauses[3]).toBeGreaterThan(900);
  expect(pauses[3]).toBeGreaterThan(pauses[1] ?? 0);
  await worker.stop(30);
  await waitUntil(async () => (await client.current.depth("celery")) === 1, "the message in its queue");
  await client.current.channel.purgeQueue("celery");
});

it("a task that costs its thread each time is requeued with pauses, and fails before the broker drops its message", async () => {
  const runs: string[] = [];
  const worker = await startWorker(
    (app) =>
      app.task("dies", { rejectOnWorkerLost: true }, (ctx, name: string) => {
        runs.push(name);
        return ctx.compute(behave, { do: "exit" });
      }),
    { concurrency: 1 },
    { deadLetter: "publish" },
  );
  await client.current.send("celery", "dies", ["young"]);
  await waitUntil(() => runs.length === 3, "three runs");
  // As a quorum queue counts: from 20 on it drops what is requeued.
  const delivered = { "x-delivery-count": { "!": "int", value: 10 } };
  const id = await client.current.send("celery", "dies", ["old"], delivered);
  expect(await client.current.result(id)).toMatchObject({ status: "FAILURE", result: { exc_type: "WorkerLostError" } });
  const letters = async () => ((await vhost.get("queues", "celery-dlq")) as { messages?: number }).messages;
  await waitUntil(async () => (await letters()) === 1, "its dead letter");
  expect(runs.filter((name) => name === "old")).toHaveLength(1);
  expect(runs.length).toBeLessThan(10);
  await worker.stop(30);
});
