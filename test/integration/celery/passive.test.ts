import { pino } from "pino";
import { expect, it } from "vitest";
import { Celery } from "../../../src/celery/app.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

/** Names of all that is declared in the virtual host. */
async function declared(): Promise<string[]> {
  const [queues, exchanges, bindings] = (await Promise.all(
    ["queues", "exchanges", "bindings"].map((collection) => vhost.get(collection)),
  )) as { name?: string; source?: string; destination?: string }[][];
  return [
    ...(queues ?? []).map(({ name }) => `queue ${name}`),
    ...(exchanges ?? []).map(({ name }) => `exchange ${name}`),
    ...(bindings ?? []).map(({ source, destination }) => `binding ${source} > ${destination}`),
  ].sort();
}

it("a passive worker declares nothing: no queue, exchange, dead letters, delayed delivery, control or events", async () => {
  await client.current.channel.assertQueue("quiet", { arguments: { "x-queue-type": "quorum" } });
  const before = await declared();
  const quiet = { name: "quiet", exchange: "quiet", exchangeType: "topic", arguments: { "x-queue-type": "quorum" } };
  const worker = await startWorker(
    (app) => {
      app.task("fails", () => {
        throw new Error("no");
      });
      app.task("calls", (ctx) => ctx.sendTask("other", [], {}, { queue: "missing" }));
    },
    { queues: [quiet] },
    { topologyMode: "passive", deadLetter: "publish", workerSendTaskEvents: true, taskSendSentEvent: true },
  );
  await client.current.send("quiet", "fails");
  await client.current.send("quiet", "unknown");
  const id = await client.current.send("quiet", "calls");
  await waitUntil(() => worker.unsettled.reduce((sum, { count }) => sum + count, 0) === 3, "three that wait");
  expect((await client.current.result(id)).result).toMatchObject({ exc_type: "PublishError" });
  expect(await declared()).toEqual(before);
});

it("what somebody else has declared is used: remote control, events", async () => {
  const worker = await startWorker(
    () => undefined,
    { queues: ["quiet"], hostname: "passive@test" },
    {
      topologyMode: "passive",
    },
  );
  const app = new Celery("client", { broker: vhost.url, log: pino({ level: "silent" }) });
  // A client declares the exchanges of remote control, and the worker hears of it with its next try.
  const pong = await waitUntil(
    () => app.control.inspect({ destination: ["passive@test"], timeout: 0.5 }).ping(),
    "a reply",
    40_000,
  );
  expect(pong).toEqual({ "passive@test": { ok: "pong" } });
  await app.close();
  await worker.stop();
});
