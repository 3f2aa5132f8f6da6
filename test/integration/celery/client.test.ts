import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { type AppOptions, Celery } from "../../../src/celery/app.js";
import {
  AsyncResult,
  chain,
  GroupResult,
  group,
  ResultSet,
  signature,
  type TaskContext,
} from "../../../src/celery/index.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { FaultyProxy } from "../../support/proxy.js";
import { redisUrl, useDatabase, useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const database = useDatabase();
const bare = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
const clients: Celery[] = [];
const gates = new Map<string, () => void>();
const endings: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const end of endings.splice(0)) await end();
});

function define(app: Celery): void {
  app.task("add", (_: TaskContext, x: number, y: number) => x + y);
  app.task("fail", () => {
    throw new TypeError("wrong kind");
  });
  app.task("gate", async (_: TaskContext, name: string) => {
    await new Promise<void>((resolve) => gates.set(name, resolve));
    return name;
  });
  app.task("quiet", { ignoreResult: true }, () => 1);
}

function open(settings: AppOptions = {}): Celery {
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  const client = new Celery("client", { broker: vhost.url, backend: "rpc://", log, ...settings });
  clients.push(client);
  return client;
}

const openGate = async (name: string) => (await waitUntil(() => gates.get(name), `gate ${name}`))();

it("rpc:// results are read only in content types that are accepted; who waits for another is told", async () => {
  await startWorker(define, {}, { resultSerializer: "yaml" });
  const client = open({ resultAcceptContent: ["json"] });
  const result = await client.sendTask("gate", ["yaml"]);
  const refused = expect(result.get({ timeout: 60 })).rejects.toMatchObject({ code: "CELERY_CONTENT_DISALLOWED" });
  await openGate("yaml");
  await refused;
  await expect(result.get({ timeout: 60 })).rejects.toMatchObject({ code: "CELERY_CONTENT_DISALLOWED" });
  const accepting = await open({ resultAcceptContent: ["json", "yaml"] }).sendTask("add", [2, 3]);
  expect(await accepting.get({ timeout: 60 })).toBe(5);
});

describe.each(["rpc", "redis"] as const)("AsyncResult on %s://", (backend) => {
  const settings = (): AppOptions => ({ backend: backend === "redis" ? redisUrl() : "rpc://" });

  it("waits no longer than it is told to, and gets the result later", async () => {
    await startWorker(define, {}, settings());
    const result = await open(settings()).sendTask("gate", [backend]);
    await expect(result.get({ timeoutMs: 100 })).rejects.toMatchObject({ code: "CELERY_TIMEOUT" });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("changed my mind")), 20);
    await expect(result.get({ signal: controller.signal })).rejects.toThrow("changed my mind");
    expect(await result.ready()).toBe(false);
    expect(await result.state()).toBe("PENDING");
    await openGate(backend);
    expect(await result.get({ timeout: 60 })).toBe(backend);
    expect([await result.ready(), await result.successful(), await result.failed()]).toEqual([true, true, false]);
  });

  it("gives the error instead of throwing it, on demand, with type and traceback", async () => {
    await startWorker(define, {}, settings());
    const result = await open(settings()).sendTask("fail");
    const error = (await result.get({ timeout: 60, propagate: false })) as unknown as Error;
    expect(error).toMatchObject({ pythonType: "TypeError", message: "wrong kind" });
    expect(await result.traceback()).toContain("wrong kind");
    expect(await result.result()).toMatchObject({ message: "wrong kind" });
    expect([await result.successful(), await result.failed()]).toEqual([false, true]);
  });

  it("throws a parent's error; several may wait for one result", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const sent = await client.apply(chain(client.signature("fail"), client.signature("add", [1])));
    const waits = [sent, sent, client.asyncResult(sent.id)].map((result) => result.get({ timeout: 60 }));
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ pythonType: "TypeError" });
  });

  it("is typed by the task's handle, and ends at once for tasks that ignore their results", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const add = client.task("add", (_: TaskContext, x: number, y: number) => x + y);
    const quiet = client.task("quiet", { ignoreResult: true }, () => 1);
    const sum: number = await (await add.delay(2, 3)).get({ timeout: 60 });
    expect(sum).toBe(5);
    expect(await (await add.s(2).delay(3)).get({ timeout: 60 })).toBe(5);
    expect(
      await (
        await add
          .starmap([
            [1, 2],
            [3, 4],
          ])
          .delay()
      ).get({ timeout: 60 }),
    ).toEqual([3, 7]);
    expect(await (await quiet.applyAsync([], {}, { ignoreResult: true })).get()).toBeUndefined();
  });

  it("revokes tasks that wait", async () => {
    await startWorker(define, {}, settings());
    const client = open(settings());
    const later = client.signature("add", [1, 1]).set({ countdown: 60 });
    const sent = (await client.apply(group(later, later))) as GroupResult;
    await sent.revoke();
    await expect(sent.get({ timeout: 60 })).rejects.toMatchObject({ pythonType: "TaskRevokedError" });
  });
});

describe("details of results", () => {
  const extended = { resultExtended: true, taskAcksLate: true };

  it.each(["redis", "database"] as const)("are read where results are extended (%s)", async (kind) => {
    const backend = kind === "redis" ? redisUrl() : `db+${database.url}`;
    await startWorker(define, { hostname: "details@test" }, { backend, ...extended });
    const client = open({ backend });
    const before = Date.now() - 1000;
    const sent = await client.sendTask("add", [1], { y: 2 }, { stamps: { mark: "m" } });
    await sent.get({ timeout: 60, propagate: false });
    const result = client.asyncResult(sent.id);
    expect(await Promise.all([result.name(), result.args(), result.kwargs(), result.worker()])).toEqual([
      "add",
      [1],
      { y: 2 },
      "details@test",
    ]);
    expect([await result.retries(), await result.queue()]).toEqual([0, "celery"]);
    expect((await result.dateDone())?.getTime()).toBeGreaterThan(before);
    expect((await result.dateDone())?.getTime()).toBeLessThan(Date.now() + 1000);
    expect((await result.details())?.stamps).toEqual(kind === "redis" ? { mark: "m" } : {});
  });

  it("are null where they are not kept", async () => {
    await startWorker(define);
    const result = await open().sendTask("add", [1, 2]);
    await result.get({ timeout: 60 });
    expect([await result.name(), await result.dateDone()]).toEqual([null, null]);
    expect(await open({ backend: redisUrl() }).asyncResult("unknown").details()).toBeNull();
  });
});

describe("trees and sets of results", () => {
  const backend = () => ({ backend: redisUrl() });

  it("are walked from a task to what it sent", async () => {
    await startWorker(
      (app) => {
        define(app);
        app.task("spread", async (ctx, n: number) => {
          const members = Array.from({ length: n }, (_, i) => app.signature("add", [i, i]));
          await ctx.apply(group(...members));
          return n;
        });
      },
      {},
      backend(),
    );
    const client = open(backend());
    const sent = await client.sendTask("spread", [3]);
    await expect(
      sent
        .iterdeps()
        .next()
        .then(() => "first"),
    ).resolves.toBe("first");
    await sent.get({ timeout: 60 });
    await waitUntil(async () => (await (await sent.children())[0]?.ready()) === true, "the group");
    const collected: unknown[] = [];
    for await (const [, value] of sent.collect({ timeout: 60 })) collected.push(value);
    expect(collected).toEqual([3, [0, 2, 4], 0, 2, 4]);
    expect(await sent.getLeaf()).toBe(4);
  });

  it("are not walked past what is not done, unless that is wanted", async () => {
    const client = open(backend());
    const walk = async (intermediate: boolean) => {
      const ids: string[] = [];
      for await (const [, result] of client.asyncResult("never").iterdeps({ intermediate })) ids.push(result.id);
      return ids;
    };
    await expect(walk(false)).rejects.toMatchObject({ code: "CELERY_INCOMPLETE_STREAM" });
    expect(await walk(true)).toEqual(["never"]);
  });

  it("are waited for together, come in the order of their ends, and tell the first error", async () => {
    await startWorker(define, { concurrency: 4 }, backend());
    const client = open(backend());
    const [late, soon, bad] = [
      await client.sendTask("gate", ["late"]),
      await client.sendTask("add", [1, 1]),
      await client.sendTask("fail"),
    ];
    const set = new ResultSet([late, soon]);
    set.add(soon);
    expect(set.results).toHaveLength(2);
    const order: unknown[] = [];
    for await (const [, value] of set.iterate({ timeout: 60 })) {
      order.push(value);
      if (value === 2) {
        expect([await set.waiting(), await set.completedCount()]).toEqual([true, 1]);
        await openGate("late");
      }
    }
    expect(order).toEqual([2, "late"]);
    expect(await set.get({ timeout: 60 })).toEqual(["late", 2]);
    await set.maybeThrow();
    set.update([bad]);
    await expect(set.get({ timeout: 60 })).rejects.toMatchObject({ pythonType: "TypeError" });
    await expect(set.maybeThrow()).rejects.toMatchObject({ pythonType: "TypeError" });
    expect([await set.failed(), set.discard(bad.id), set.discard(bad)]).toEqual([true, true, false]);
    expect(await set.successful()).toBe(true);
    set.clear();
    expect(await set.get()).toEqual([]);
  });
});

describe("a frozen signature", () => {
  it("names its results before it is sent, and has them then", async () => {
    await startWorker(define, {}, { backend: redisUrl() });
    const client = open({ backend: redisUrl() });
    const add = (...args: number[]) => client.signature("add", args);
    const single = add(1, 2);
    expect(single.freeze({ taskId: "frozen-1" }).id).toBe("frozen-1");
    await single.delay();
    expect(await client.asyncResult("frozen-1").get({ timeout: 60 })).toBe(3);
    const steps = chain(add(1, 1), group(add(1), add(2)));
    const last = steps.freeze();
    await steps.delay();
    expect(await last.get({ timeout: 60 })).toEqual([3, 4]);
    expect(await last.parent?.get({ timeout: 60 })).toBe(2);
    await client.asyncResult("frozen-1").forget();
  });

  it("needs an app; steps of a chain and countdowns of a group do not", () => {
    expect(() => signature("add").freeze()).toThrow("belongs to no app");
    const [first, second] = chain(signature("a"), signature("b"))
      .set({ link: signature("c"), linkError: signature("e") })
      .unchainTasks()
      .map((step) => step.toJSON());
    expect(first?.options).toMatchObject({ link_error: [{ task: "e" }] });
    expect(second?.options).toMatchObject({ link: [{ task: "c" }], link_error: [{ task: "e" }] });
    const members = group(...["a", "b", "c"].map((name) => signature(name))).skew(1, 2);
    const countdowns = (members.toJSON().kwargs.tasks as { options: object }[]).map(({ options }) => options);
    expect(countdowns).toEqual([{ countdown: 1 }, { countdown: 2 }, { countdown: 2 }]);
    expect(() => signature("a").skew()).toThrow("no group");
    expect(() => signature("a").unchainTasks()).toThrow("no chain");
  });
});

describe("GroupResult", () => {
  it("is saved, restored and deleted", async () => {
    await startWorker(define, {}, { backend: redisUrl() });
    const client = open({ backend: redisUrl() });
    const sent = (await client.apply(
      group(client.signature("add", [1, 1]), client.signature("add", [2, 2])),
    )) as GroupResult;
    await sent.save();
    const restored = await client.restoreGroup(sent.id);
    expect(await restored?.get({ timeout: 60 })).toEqual([2, 4]);
    expect([await restored?.completedCount(), await restored?.ready()]).toEqual([2, true]);
    await sent.delete();
    expect(await client.restoreGroup(sent.id)).toBeNull();
    await restored?.forget();
    expect(await sent.results[0]?.ready()).toBe(false);
  });

  it("cannot be saved where results are not kept", async () => {
    const client = open();
    await expect(new GroupResult("id", [], clientReader(client)).save()).rejects.toMatchObject({
      code: "CELERY_NOT_SUPPORTED",
    });
    await expect(open({ backend: "disabled://" }).asyncResult("id").get()).rejects.toMatchObject({
      code: "CELERY_NOT_SUPPORTED",
    });
  });
});

/** The reader behind a client's results. */
function clientReader(client: Celery): ConstructorParameters<typeof GroupResult>[2] {
  return (client.asyncResult("any") as unknown as { reader: ConstructorParameters<typeof GroupResult>[2] }).reader;
}

describe("the client's connection", () => {
  it("comes back, and rpc:// results that arrived meanwhile are there", async () => {
    await startWorker(define);
    const { hostname, port } = new URL(vhost.url);
    const proxy = await FaultyProxy.open(hostname, Number(port));
    endings.push(() => proxy.close());
    const client = open({ broker: proxy.through(vhost.url) });
    const result = await client.sendTask("gate", ["cut"]);
    proxy.refuse(true);
    proxy.cut();
    await openGate("cut");
    await waitUntil(async () => (await bare.current.depth(client.oid)) === 1, "the result in the queue");
    proxy.refuse(false);
    expect(await result.get({ timeout: 60 })).toBe("cut");
    expect(await (await client.sendTask("add", [1, 2])).get({ timeout: 60 })).toBe(3);
  });

  it("gives up on a broker that is away, as the retry policy says", async () => {
    const away = open({ broker: "amqp://127.0.0.1:1", brokerConnectionTimeout: 0.2 });
    await expect(away.sendTask("add", [1, 2], {}, { retry: false })).rejects.toMatchObject({
      code: "CELERY_PUBLISH_FAILED",
    });
    await expect(
      away.sendTask("add", [1, 2], {}, { retryPolicy: { maxRetries: 1, intervalStart: 0.1 } }),
    ).rejects.toThrow("no connection to the broker within 0.3");
  });

  it("takes the reply queue along when it closes", async () => {
    const client = open();
    await client.sendTask("add", [1, 2], {}, { queue: "nobody" });
    expect(await vhost.get("queues", client.oid)).toMatchObject({ durable: true, auto_delete: false });
    await client.close();
    expect(await vhost.get("queues", client.oid)).toMatchObject({ error: expect.stringMatching(/not.found/i) });
  });
});

describe("task-sent", () => {
  it("has the fields that Celery sends, on its exchange", async () => {
    const { channel } = bare.current;
    await channel.assertExchange("celeryev", "topic", { durable: true });
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await channel.bindQueue(queue, "celeryev", "task.sent");
    const result = await open({ taskSendSentEvent: true }).sendTask("add", [1, 2], {}, { queue: "nobody" });
    const [message] = await waitUntil(async () => {
      const messages = await bare.current.drain(queue);
      return messages.length > 0 ? messages : null;
    }, "the event");
    const event = JSON.parse(message?.content.toString() ?? "null");
    expect(event).toMatchObject({ utcoffset: expect.any(Number), pid: process.pid, clock: expect.any(Number) });
    expect(event.timestamp).toBeCloseTo(Date.now() / 1000, -2);
    expect(event).toMatchObject({
      type: "task-sent",
      uuid: result.id,
      name: "add",
      args: "(1, 2)",
      kwargs: "{}",
      retries: 0,
      eta: null,
      expires: null,
      queue: "nobody",
      exchange: "",
      routing_key: "nobody",
    });
    expect(message?.properties.headers).toEqual({ hostname: event.hostname });
  });
});

describe("options", () => {
  it("that do not exist are refused with the nearest name", async () => {
    const client = open();
    await expect(client.sendTask("add", [], {}, { countDown: 3 } as never)).rejects.toThrow("did you mean countdown?");
    expect(() => client.signature("add").set({ quue: "x" } as never)).toThrow("did you mean queue?");
  });

  it("go along with signatures and results of other apps", async () => {
    await startWorker(define);
    const client = open();
    const foreign = JSON.parse(JSON.stringify(open().signature("add", [40]).set({ taskId: "of-my-own" })));
    const sent = await client.apply(foreign, [2]);
    expect(sent).toBeInstanceOf(AsyncResult);
    expect(sent.id).toBe("of-my-own");
    expect(await sent.get({ timeout: 60 })).toBe(42);
  });
});

it("a queue that was deleted between two messages is declared again, and loses neither", async () => {
  const client = open({ backend: "disabled://" });
  await client.sendTask("add", [1, 1], {}, { queue: "comes-and-goes" });
  await bare.current.channel.deleteQueue("comes-and-goes");
  await client.sendTask("add", [2, 2], {}, { queue: "comes-and-goes" });
  expect(await bare.current.drain("comes-and-goes")).toHaveLength(1);
});
