import { describe, expect, it } from "vitest";
import type { AppOptions, Celery } from "../../src/celery/app.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { usePrivateServices, useVhost } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { keptLog } from "../support/worker-log.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
const services = usePrivateServices({ redis: true });
const startWorker = useWorkers(() => vhost.url);
const CANNOT = "a message cannot be settled";

let stages = 0;

async function stage(define: (app: Celery, runs: string[]) => void, settings: AppOptions = {}) {
  stages += 1;
  const queue = `work-${stages}`;
  const runs: string[] = [];
  const { log, lines } = keptLog();
  const worker = await startWorker(
    (app) => define(app, runs),
    { queues: [queue], concurrency: 1, prefetchMultiplier: 2 },
    { log, ...settings },
  );
  const cannot = () => lines.filter(({ msg }) => msg.startsWith(CANNOT));
  const text = (part: string) => lines.filter(({ msg }) => msg.includes(part));
  const held = () => worker.unsettled.reduce((sum, { count }) => sum + count, 0);
  return { worker, queue, runs, cannot, held, lines: text };
}

const note = (app: Celery, runs: string[]) =>
  app.task("note", (_ctx, name: string) => {
    runs.push(name);
    return name;
  });

describe("a result that is refused", () => {
  it("under rpc:// by the caller's queue waits; the task is not run again, and others go on", async () => {
    const at = await stage(note);
    const replies = { "x-max-length": 1, "x-overflow": "reject-publish" };
    await client.current.channel.assertQueue("full-replies", { arguments: replies });
    await client.current.publish("full-replies", Buffer.from("fills it"));
    for (const name of ["a", "b", "c"]) {
      const body = Buffer.from(JSON.stringify([[name], {}, {}]));
      const headers = { task: "note", id: name };
      const properties = {
        contentType: "application/json",
        contentEncoding: "utf-8",
        headers,
        replyTo: "full-replies",
      };
      await client.current.publish(at.queue, body, properties);
    }
    await waitUntil(() => at.held() === 3, "three results that wait");
    expect((await client.current.result(await client.current.send(at.queue, "note", ["good"]))).result).toBe("good");
    expect(at.worker.unsettled).toMatchObject([{ queue: at.queue, step: "result", count: 3 }]);
    const received: string[] = [];
    await client.current.channel.consume("full-replies", (message) => {
      if (message === null) return;
      received.push(message.content.toString());
      client.current.channel.ack(message);
    });
    await waitUntil(() => received.length === 4, "every result");
    await waitUntil(() => [...at.worker.requests].length === 0, "the end of all");
    expect(
      received
        .slice(1)
        .map((text) => JSON.parse(text).result)
        .sort(),
    ).toEqual(["a", "b", "c"]);
    expect(at.runs.sort()).toEqual(["a", "b", "c", "good"]);
    expect(at.cannot()).toHaveLength(3);
  });

  it("under redis:// by a full server waits; the task is not run again", async () => {
    const at = await stage(note, { backend: services.current.redisUrl });
    const { createClient } = await import("redis");
    const redis = await createClient({ url: services.current.redisUrl }).connect();
    await redis.configSet("maxmemory", "1");
    await client.current.send(at.queue, "note", ["r"], { id: "redis-1" });
    await waitUntil(() => at.held() === 1, "a result that waits");
    expect(at.worker.unsettled[0]?.reason).toMatch(/OOM/);
    await redis.configSet("maxmemory", "0");
    const stored = await waitUntil(() => redis.get("celery-task-meta-redis-1"), "the result");
    expect(JSON.parse(stored)).toMatchObject({ status: "SUCCESS", result: "r" });
    await waitUntil(() => [...at.worker.requests].length === 0, "the end of all");
    expect(at.runs).toEqual(["r"]);
    redis.destroy();
  });
});

/** A queue that takes no further message until one is taken out. */
async function fullQueue(name: string): Promise<void> {
  await client.current.channel.assertQueue(name, { arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
  await client.current.publish(name, Buffer.from("fills it"));
}

/** Takes the only message out of a queue. */
const takeOut = (queue: string) => client.current.channel.get(queue, { noAck: true });

describe("a retry that is refused", () => {
  it("by a full queue waits; the attempt is made once", async () => {
    await fullQueue("full-retries");
    const at = await stage((app, runs) => {
      note(app, runs);
      app.task("again", (ctx, name: string) => {
        runs.push(name);
        return ctx.retry({ countdown: 0, queue: "full-retries" });
      });
    });
    await client.current.send(at.queue, "again", ["a"]);
    await waitUntil(() => at.held() === 1, "a retry that waits");
    expect(at.worker.unsettled).toMatchObject([{ queue: at.queue, step: "retry", count: 1 }]);
    expect((await client.current.result(await client.current.send(at.queue, "note", ["good"]))).result).toBe("good");
    await takeOut("full-retries");
    const next = await waitUntil(() => takeOut("full-retries"), "the next attempt");
    expect(next.properties.headers).toMatchObject({ task: "again", retries: 1 });
    await waitUntil(() => [...at.worker.requests].length === 0, "the end of all");
    expect(at.runs).toEqual(["a", "good"]);
    expect(at.cannot()).toHaveLength(1);
    expect(await takeOut("full-retries")).toBe(false);
  });

  it("by its own queue, full of what stands behind it, makes way and comes through", async () => {
    const queue = `work-${stages + 1}`;
    const full = { "x-max-length": 1, "x-overflow": "reject-publish" };
    await client.current.channel.assertQueue(queue, { arguments: full });
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const at = await stage((app, runs) => {
      note(app, runs);
      app.task("again", async (ctx, name: string) => {
        runs.push(`${name} ${ctx.request.retries}`);
        await gate;
        return ctx.request.retries === 0 ? ctx.retry({ countdown: 0 }) : name;
      });
    });
    const id = await client.current.send(at.queue, "again", ["a"]);
    await waitUntil(() => at.runs.length === 1, "the first attempt");
    // One is taken ahead, one fills the queue.
    await client.current.send(at.queue, "note", ["b"]);
    await waitUntil(async () => (await client.current.depth(at.queue)) === 0, "a message taken ahead");
    await client.current.send(at.queue, "note", ["c"]);
    open();
    expect((await client.current.result(id)).result).toBe("a");
    await waitUntil(() => [...at.worker.requests].length === 0, "the end of all");
    expect(at.runs.sort()).toEqual(["a 0", "a 1", "b", "c"]);
  });

  it("by a queue that was deleted waits until there is one", async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const queue = `work-${stages + 1}`;
    await client.current.channel.assertQueue(queue);
    const at = await stage(
      (app, runs) =>
        app.task("again", async (ctx, name: string) => {
          runs.push(`${name} ${ctx.request.retries}`);
          await gate;
          return ctx.request.retries === 0 ? ctx.retry({ countdown: 0 }) : name;
        }),
      { topologyMode: "passive" },
    );
    const id = await client.current.send(at.queue, "again", ["a"]);
    await waitUntil(() => at.runs.length === 1, "the first attempt");
    await client.current.channel.deleteQueue(queue);
    open();
    await waitUntil(() => at.held() === 1, "a retry that waits");
    expect(at.worker.unsettled[0]?.reason).toMatch(/there is no such queue/);
    await client.current.channel.assertQueue(queue);
    expect((await client.current.result(id)).result).toBe("a");
    expect(at.runs).toEqual(["a 0", "a 1"]);
  });
});

it("a callback that is refused waits: it is sent once, and the task is not run again", async () => {
  await fullQueue("full-callbacks");
  await client.current.channel.assertQueue("callbacks");
  const at = await stage(note);
  const callback = (queue: string) => ({
    task: "tell",
    args: [],
    kwargs: {},
    options: { queue },
    subtask_type: null,
    immutable: false,
  });
  const chain = [callback("full-callbacks")];
  const id = await client.current.send(at.queue, "note", ["a"], {}, { callbacks: [callback("callbacks")], chain });
  await waitUntil(() => at.held() === 1, "a callback that waits");
  expect(at.worker.unsettled).toMatchObject([{ queue: at.queue, step: "follow-up", count: 1 }]);
  expect((await client.current.result(await client.current.send(at.queue, "note", ["good"]))).result).toBe("good");
  await takeOut("full-callbacks");
  await waitUntil(() => takeOut("full-callbacks"), "the next step");
  expect((await client.current.result(id)).result).toBe("a");
  expect(at.runs).toEqual(["a", "good"]);
  expect(await client.current.drain("callbacks")).toHaveLength(1);
  expect(await takeOut("full-callbacks")).toBe(false);
});

it("hooks that fail are logged, and the failure is stored", async () => {
  const at = await stage((app, runs) =>
    app.task(
      "fails",
      {
        onFailure: () => {
          throw new Error("the hook is broken");
        },
      },
      (_ctx, name: string) => {
        runs.push(name);
        throw new Error("the task fails");
      },
    ),
  );
  const id = await client.current.send(at.queue, "fails", ["a"]);
  expect(await client.current.result(id)).toMatchObject({
    status: "FAILURE",
    result: { exc_message: ["the task fails"] },
  });
  await waitUntil(() => [...at.worker.requests].length === 0, "the end of all");
  expect(at.runs).toEqual(["a"]);
  expect(at.lines("the hook onFailure failed")).toHaveLength(1);
});
