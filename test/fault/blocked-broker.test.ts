import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import { startHttpServer } from "../../src/http/server.js";
import { BareClient, useWorkers } from "../support/celery-worker.js";
import { usePrivateServices } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";

const services = usePrivateServices({ rabbitmq: true });
const startWorker = useWorkers(() => services.current.brokerUrl);
afterEach(async () => {
  await services.current.setMemoryAlarm(false);
  await services.current.setDiskAlarm(false);
});

it("a memory alarm: tasks run and end, results wait, and come once it is over", async () => {
  const ran: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const worker = await startWorker((app) => {
    app.task("gated", async (_ctx, name: string) => {
      ran.push(name);
      await gate;
      return name;
    });
    app.task("silent", { ignoreResult: true }, async (_ctx, name: string) => {
      await gate;
      ran.push(name);
    });
  });
  const client = await BareClient.open(services.current.brokerUrl);
  const id = await client.send("celery", "gated", ["a"]);
  await client.send("celery", "silent", ["b"]);
  await waitUntil(() => ran.includes("a"), "the running task");
  await services.current.setMemoryAlarm(true);
  open();
  await waitUntil(() => ran.includes("b"), "the end of the task without a result");
  // Its acknowledgement passes on the connection that publishes nothing.
  await waitUntil(() => [...worker.requests].length === 1, "the task that waits for its result");
  expect(client.statesOf(id)).toEqual([]);
  await services.current.setMemoryAlarm(false);
  expect((await client.result(id)).result).toBe("a");
  await waitUntil(() => [...worker.requests].length === 0, "the end of both");
  expect(worker.isConnected).toBe(true);
  await client.close();
});

it.each(["memory", "disk"] as const)(
  "a %s alarm: the worker is not ready and says why, in words and in a metric",
  async (kind) => {
    const setAlarm = kind === "memory" ? services.current.setMemoryAlarm : services.current.setDiskAlarm;
    const worker = await startWorker((app) => app.task("add", (_ctx, x: number, y: number) => x + y));
    const database = { look: async () => null, trouble: null, waiting: 0 };
    const http = await startHttpServer({ worker, database, host: "127.0.0.1", port: 0 });
    const ready = async () =>
      (await (await fetch(`${http.url}/ready`)).json()) as { status: string; reasons: string[] };
    const blocked = async () =>
      /^celery_broker_blocked.* (\d)$/m.exec(await (await fetch(`${http.url}/metrics`)).text())?.[1];
    expect(await ready()).toEqual({ status: "ready", reasons: [] });
    expect(await blocked()).toBe("0");
    await setAlarm(true);
    // The broker tells a connection once something is published on it: the worker's heartbeat is enough.
    await waitUntil(async () => (await ready()).status === "not ready", "a worker that is not ready");
    expect((await ready()).reasons).toEqual([expect.stringMatching(`^broker: takes no messages now: low on ${kind}`)]);
    expect(await blocked()).toBe("1");
    await setAlarm(false);
    await waitUntil(async () => (await ready()).status === "ready", "a worker that is ready again");
    expect(await blocked()).toBe("0");
    await http.close();
  },
);

it("a client that sends in the alarm waits, and its message arrives", async () => {
  await startWorker((app) => app.task("add", (_ctx, x: number, y: number) => x + y));
  const client = new Celery("client", {
    broker: services.current.brokerUrl,
    backend: "rpc://",
    log: pino({ level: "silent" }),
  });
  expect(await (await client.sendTask("add", [1, 1])).get({ timeout: 60 })).toBe(2);
  await services.current.setMemoryAlarm(true);
  let isSent = false;
  const sent = client.sendTask("add", [2, 2]).finally(() => {
    isSent = true;
  });
  // A broker that took the message would have confirmed it by the end of these round trips.
  const other = await BareClient.open(services.current.brokerUrl);
  for (let i = 0; i < 20; i++) await other.depth("celery");
  expect(isSent).toBe(false);
  await other.close();
  await services.current.setMemoryAlarm(false);
  expect(await (await sent).get({ timeout: 60 })).toBe(4);
  await client.close();
});
