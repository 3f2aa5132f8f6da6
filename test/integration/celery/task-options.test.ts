import { inflateSync } from "node:zlib";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { Celery } from "../../../src/celery/app.js";
import { group, Ignore, type TaskContext, type TaskOptions } from "../../../src/celery/index.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { inside } from "../../support/inside.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);
const clients: Celery[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function open(): Celery {
  const client = new Celery("client", { broker: vhost.url, log: pino({ level: "silent" }) });
  clients.push(client);
  return client;
}

/** A handler that notes that it started and waits for `release`. */
function gate() {
  const started: string[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const wait = async (_: TaskContext, name: string) => {
    started.push(name);
    await released;
  };
  return { started, release: () => release(), wait };
}

const isEmpty = async (queue: string) => ((await vhost.get("queues", queue)) as { messages?: number }).messages === 0;

describe("options of a task for sending it", () => {
  it("are those of its messages, unless the call or signature says otherwise", async () => {
    const app = open();
    const options = { queue: "special", priority: 7, expires: 60, timeLimit: 9, softTimeLimit: 5 };
    const task = app.task("task", { ...options, serializer: "yaml", compression: "zlib" }, (_, x: number) => x);
    await task.delay(1);
    await app.sendTask("task", [1]);
    await task.applyAsync([1], {}, { queue: "other", priority: 3, expires: 30, timeLimit: 6, serializer: "json" });
    await task.s(1).set({ queue: "other", compression: "brotli" }).delay();
    const special = await bare.current.drain("special");
    expect(special).toHaveLength(2);
    for (const { content, properties } of special) {
      expect(properties).toMatchObject({ priority: 7, contentType: "application/x-yaml" });
      expect(properties.headers).toMatchObject({ timelimit: [9, 5], compression: "application/x-gzip" });
      expect(Number(properties.expiration)).toBeGreaterThan(50_000);
      expect(inflateSync(content).toString()).toContain("callbacks");
    }
    const [called, set] = await bare.current.drain("other");
    expect(called?.properties).toMatchObject({ priority: 3, contentType: "application/json" });
    expect(called?.properties.headers).toMatchObject({ timelimit: [6, 5] });
    expect(Number(called?.properties.expiration)).toBeLessThanOrEqual(30_000);
    expect(set?.properties).toMatchObject({ priority: 7, headers: { compression: "application/x-brotli" } });
  });

  it("may name an exchange and a routing key", async () => {
    const { channel } = bare.current;
    await channel.assertExchange("news", "topic", { durable: false });
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await channel.bindQueue(queue, "news", "sports.#");
    await open()
      .task("report", { exchange: "news", routingKey: "sports.chess" }, () => 1)
      .delay();
    const [message] = await bare.current.drain(queue);
    expect(message?.fields).toMatchObject({ exchange: "news", routingKey: "sports.chess" });
  });

  it("are checked when it is sent: a soft limit beyond the hard one", async () => {
    const task = open().task("limits", { timeLimit: 2, softTimeLimit: 5 }, () => 1);
    await expect(task.delay()).rejects.toThrow("softTimeLimit must be less than or equal to timeLimit");
  });

  it("are refused with the nearest name when they do not exist", () => {
    expect(() => open().task("misspelt", { routingkey: "x" } as TaskOptions, () => 1)).toThrow("mean routingKey?");
  });
});

describe("hooks", () => {
  it("run in Celery's order, before the message is settled", async () => {
    const calls: string[] = [];
    const hooks = (name: string): TaskOptions => ({
      beforeStart: async () => void calls.push(`${name} start`),
      onSuccess: async (_, result) => void calls.push(`${name} success ${result}`),
      onFailure: async (_, error) => void calls.push(`${name} failure ${error.message}`),
      onRetry: async (_, error) => void calls.push(`${name} retry ${error?.message}`),
      afterReturn: async (_, info) => void calls.push(`${name} return ${info.status}`),
    });
    await startWorker((app) => {
      app.task("good", hooks("good"), () => 5);
      app.task("bad", hooks("bad"), () => {
        throw new Error("x");
      });
      app.task("again", hooks("again"), (ctx) =>
        ctx.request.retries === 0 ? ctx.retry({ countdown: 0.3, error: new Error("y") }) : 6,
      );
      app.task("nothing", hooks("nothing"), () => {
        throw new Ignore();
      });
    });
    for (const task of ["good", "bad", "again"]) await bare.current.result(await bare.current.send("celery", task));
    await bare.current.send("celery", "nothing");
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(calls.filter((call) => call.startsWith("good"))).toEqual([
      "good start",
      "good success 5",
      "good return SUCCESS",
    ]);
    expect(calls.filter((call) => call.startsWith("bad"))).toEqual([
      "bad start",
      "bad failure x",
      "bad return FAILURE",
    ]);
    expect(calls.filter((call) => call.startsWith("again"))).toEqual([
      "again start",
      "again retry y",
      "again start",
      "again success 6",
      "again return SUCCESS",
    ]);
    expect(calls.filter((call) => call.startsWith("nothing"))).toEqual(["nothing start"]);
  });

  it("that fail make the task a failure before and right after the run, and are logged later", async () => {
    const fail = () => {
      throw new Error("hook");
    };
    let ran = 0;
    await startWorker((app) => {
      app.task("before", { beforeStart: fail }, () => ran++);
      app.task("success", { onSuccess: fail }, () => 1);
      app.task("after", { afterReturn: fail }, () => "kept");
    });
    const before = await bare.current.result(await bare.current.send("celery", "before"));
    expect(before).toMatchObject({ status: "FAILURE", result: { exc_message: ["hook"] } });
    expect(ran).toBe(0);
    const success = await bare.current.send("celery", "success");
    await waitUntil(() => bare.current.statesOf(success).length === 2, "two states");
    expect(bare.current.statesOf(success).map(({ status }) => status)).toEqual(["SUCCESS", "FAILURE"]);
    const after = await bare.current.send("celery", "after");
    expect((await bare.current.result(after)).result).toBe("kept");
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(bare.current.statesOf(after)).toHaveLength(1);
  });
});

describe("onReplace", () => {
  const replacing = (onReplace: TaskOptions["onReplace"]) => (app: Celery) => {
    app.task("first", { ...(onReplace && { onReplace }) }, (ctx, x: number) =>
      ctx.replace(group(app.signature("second", [x]), app.signature("second", [x + 1]))),
    );
    app.task("one", { ...(onReplace && { onReplace }) }, (ctx) => ctx.replace(app.signature("second", [1])));
    app.task("second", ({ request }, x: number) => [x, request.id, request.headers.stamps]);
  };

  it("sees what takes the place of the task, under its id, and may stamp it before it is sent", async () => {
    const seen: unknown[] = [];
    await startWorker(
      replacing(async (request, signature) => {
        seen.push([request.task, signature.task, signature.id === request.id]);
        signature.stamp({ by: "hook" });
      }),
    );
    const id = await bare.current.send("celery", "one");
    expect((await bare.current.result(id)).result).toEqual([1, id, { by: "hook" }]);
    expect(seen).toEqual([["one", "second", true]]);
  });

  it("fails the task with its error, and nothing takes the place", async () => {
    await startWorker(
      replacing(() => {
        throw new Error("not so");
      }),
    );
    const id = await bare.current.send("celery", "one");
    expect(await bare.current.result(id)).toMatchObject({ status: "FAILURE", result: { exc_message: ["not so"] } });
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(bare.current.statesOf(id)).toHaveLength(1);
  });
});

it("slotGroup: such tasks leave slots to others, in the order of asking", async () => {
  const { started, release, wait } = gate();
  const worker = await startWorker(
    (app) => {
      app.task("long", { slotGroup: "long" }, wait);
      app.task("short", wait);
    },
    { concurrency: 3, settings: { workerSlotGroups: { long: { leaves: 1 } } } },
  );
  const sent: string[] = [];
  for (const name of ["l1", "l2", "l3"]) sent.push(await bare.current.send("celery", "long", [name]));
  for (const name of ["s1", "s2"]) sent.push(await bare.current.send("celery", "short", [name]));
  await waitUntil(() => inside(worker).slots.waiting === 2, "two that wait");
  expect(started).toEqual(["l1", "l2", "s1"]);
  release();
  for (const id of sent) expect((await bare.current.result(id)).status).toBe("SUCCESS");
});

it("a slotGroup is one of the worker's, and not for inline tasks", () => {
  const app = new Celery("tests", { workerSlotGroups: { long: { limit: 1 } } });
  expect(() => app.task("a", { slotGroup: "long", inline: true }, () => 1)).toThrow(/inline/);
  app.task("b", { slotGroup: "lung" }, () => 1);
  expect(() => app.worker()).toThrow("task b: its slotGroup lung is not in workerSlotGroups");
});

it("inline: such tasks have slots of their own, and logFields go into each line about a task", async () => {
  const lines: { msg: string; room?: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { started, release, wait } = gate();
  await startWorker(
    (app) => {
      app.task("ordinary", wait);
      app.task("inline", { inline: true, logFields: ({ args }) => ({ room: args[0] }) }, wait);
    },
    { concurrency: 1 },
    { workerInlineConcurrency: 2, log },
  );
  const sent: string[] = [];
  for (const name of ["o1", "o2"]) sent.push(await bare.current.send("celery", "ordinary", [name]));
  for (const name of ["i1", "i2", "i3"]) sent.push(await bare.current.send("celery", "inline", [name]));
  await waitUntil(() => lines.filter(({ msg }) => msg.endsWith("] received")).length === 5, "five tasks");
  expect(started).toEqual(["o1", "i1", "i2"]);
  release();
  for (const id of sent) await bare.current.result(id);
  const inline = lines.filter(({ msg }) => msg.startsWith("Task inline["));
  await waitUntil(() => lines.filter(({ msg }) => msg.includes(" succeeded ")).length === 5, "five successes");
  expect(new Set(inline.map(({ room }) => room))).toEqual(new Set(["i1", "i2", "i3"]));
});

describe("trail", () => {
  it("off: the result names no children, whatever the task and its message sent", async () => {
    await startWorker((app) => {
      const parent = async (ctx: TaskContext) => (await ctx.sendTask("child")).id;
      app.task("told", parent);
      app.task("untold", { trail: false }, parent);
      app.task("child", () => 1);
    });
    const link = { task: "child", args: [], kwargs: {}, options: {}, subtask_type: null, immutable: true };
    const [told, untold] = [
      await bare.current.send("celery", "told", [], {}, { callbacks: [link] }),
      await bare.current.send("celery", "untold", [], {}, { callbacks: [link] }),
    ];
    expect((await bare.current.result(told)).children).toHaveLength(2);
    expect((await bare.current.result(untold)).children).toEqual([]);
  });
});

describe("task_annotations", () => {
  const told = { rateLimit: "3/s", maxRetries: 5 };

  it("change options of tasks after they are declared: Celery's first match by name, then its first for all", () => {
    const app = new Celery("annotated", {
      taskAnnotations: [
        { a: { rate_limit: "1/s" } },
        (task) => (task === "a" || task === "b" ? { maxRetries: 9 } : null),
        { "*": { defaultRetryDelay: 7 }, b: { rateLimit: "2/s" } },
        { "*": { defaultRetryDelay: 8 } },
      ],
      log: pino({ level: "silent" }),
    });
    for (const name of ["a", "b", "c"]) app.task(name, told, () => 1);
    expect(app.tasks.get("a")).toMatchObject({ rateLimit: "1/s", maxRetries: 5, defaultRetryDelay: 7 });
    expect(app.tasks.get("b")).toMatchObject({ rateLimit: "3/s", maxRetries: 9, defaultRetryDelay: 7 });
    expect(app.tasks.get("c")).toMatchObject({ rateLimit: "3/s", maxRetries: 5, defaultRetryDelay: 7 });
  });

  it("for all tasks come before those by name, as in Celery", () => {
    const app = new Celery("annotated", { task_annotations: { "*": { trail: false }, a: { trail: true } } } as object);
    app.task("a", () => 1);
    expect(app.tasks.get("a")?.trail).toBe(false);
    expect(app.tasks.get("celery.map")?.trail).toBe(false);
  });

  it("are refused when no task has such an option", () => {
    const app = new Celery("annotated", { taskAnnotations: { a: { ratelimit: "1/s" } } });
    expect(() => app.task("a", () => 1)).toThrow("unknown option ratelimit: did you mean rateLimit?");
    const moved = new Celery("annotated", { taskAnnotations: { a: { module: new URL("file:///x.js") } } });
    expect(() => moved.task("a", () => 1)).toThrow("taskAnnotations cannot say module");
  });
});

describe("retry", () => {
  const told = ({ request }: TaskContext, ...args: unknown[]) => ({
    queue: request.queue,
    priority: request.deliveryInfo.priority,
    limits: request.timelimit,
    expires: request.expires !== null,
    mark: request.headers.mark,
    stamps: request.headers.stamps,
    shadow: request.shadow,
    args,
    root: request.rootId,
    parent: request.parentId,
  });

  it("takes options of applyAsync for the next attempt, and keeps the rest of the message", async () => {
    await startWorker(
      (app) =>
        app.task("moves", (ctx, x: number) =>
          ctx.request.retries > 0
            ? told(ctx, x)
            : ctx.retry({
                countdown: 0,
                queue: "elsewhere",
                priority: 4,
                expires: 60,
                timeLimit: 50,
                serializer: "msgpack",
                compression: "zlib",
                headers: { mark: "m" },
                stamps: { stamp: "s" },
              }),
        ),
      { queues: ["celery", "elsewhere"] },
      { acceptContent: ["json", "msgpack"] },
    );
    const id = await bare.current.send("celery", "moves", [1], { shadow: "alias" });
    const result = await bare.current.result(id);
    expect(result.result).toEqual({
      queue: "elsewhere",
      priority: 4,
      limits: [50, null],
      expires: true,
      mark: "m",
      stamps: { stamp: "s" },
      shadow: "alias",
      args: [1],
      root: id,
      parent: id,
    });
    expect(bare.current.statesOf(id).map(({ status }) => status)).toEqual(["RETRY", "SUCCESS"]);
  });

  it("goes back to where the message came from, also with other options", async () => {
    await startWorker((app) =>
      app.task("stays", { queue: "nowhere", expires: 1000, timeLimit: 1000 }, (ctx) =>
        ctx.request.retries > 0 ? told(ctx) : ctx.retry({ countdown: 0, priority: 2 }),
      ),
    );
    const result = await bare.current.result(await bare.current.send("celery", "stays"));
    expect(result.result).toMatchObject({ queue: "celery", priority: 2, limits: [null, null], expires: false });
  });

  it("without throwing publishes the next attempt and lets this one end by itself", async () => {
    await startWorker((app) =>
      app.task("both", { maxRetries: 1 }, async (ctx) => {
        if (ctx.request.retries > 0) return "second";
        const retry = await ctx.retry({ throw: false, countdown: 0, error: new Error("why") });
        return `first, then in ${retry.countdownSeconds} s`;
      }),
    );
    const id = await bare.current.send("celery", "both");
    await waitUntil(() => bare.current.statesOf(id).length === 2, "two results");
    const states = bare.current.statesOf(id).map(({ status, result }) => [status, result]);
    expect(new Set(states)).toEqual(
      new Set([
        ["SUCCESS", "first, then in 0 s"],
        ["SUCCESS", "second"],
      ]),
    );
  });
});

describe("results in events and logs", () => {
  it("are cut at resultreprMaxsize", async () => {
    const lines: string[] = [];
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const { channel } = bare.current;
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await startWorker(
      (app) => {
        app.task("short", { resultreprMaxsize: 20 }, () => "x".repeat(50));
        app.task("usual", () => "x".repeat(1500));
      },
      {},
      { workerSendTaskEvents: true, log },
    );
    await channel.bindQueue(queue, "celeryev", "task.#");
    const texts = { short: `'${"x".repeat(20)}...'`, usual: `'${"x".repeat(1024)}...'` };
    const events: { type: string; uuid: string; result?: string; runtime?: number }[] = [];
    for (const name of ["short", "usual"] as const) {
      const id = await bare.current.send("celery", name);
      const done = await waitUntil(async () => {
        for (const { content } of await bare.current.drain(queue))
          events.push(...[JSON.parse(content.toString())].flat());
        return events.find(({ type, uuid }) => type === "task-succeeded" && uuid === id);
      }, "the event of the success");
      expect(done.result).toBe(texts[name]);
      const line = lines.find((text) => text.startsWith(`Task ${name}[${id}] succeeded in `));
      expect(line?.endsWith(`s: ${texts[name]}`)).toBe(true);
    }
  });

  it("come with a runtime that is told in microseconds", async () => {
    const runtimes: number[] = [];
    const worker = await startWorker((app) => app.task("quick", () => 1));
    worker.events.on("taskSucceeded", (_, { runtimeSeconds }) => runtimes.push(runtimeSeconds));
    for (let sent = 0; sent < 20; sent++) await bare.current.send("celery", "quick");
    await waitUntil(() => runtimes.length === 20, "twenty runs");
    expect(Math.min(...runtimes)).toBeGreaterThan(0);
    expect(runtimes.some((seconds) => !Number.isInteger(seconds * 1000))).toBe(true);
  });
});

describe("events", () => {
  it("are not sent for a task with sendEvents off; a rejected failure is told as rejected and failed", async () => {
    const { channel } = bare.current;
    const { queue } = await channel.assertQueue("", { exclusive: true });
    await startWorker(
      (app) => {
        app.task("quiet", { sendEvents: false }, () => 1);
        app.task("rejected", { acksOnFailureOrTimeout: false }, () => {
          throw new Error("x");
        });
      },
      {},
      { workerSendTaskEvents: true },
    );
    await channel.bindQueue(queue, "celeryev", "task.#");
    await bare.current.result(await bare.current.send("celery", "quiet"));
    const id = await bare.current.send("celery", "rejected");
    const events: { type: string; uuid: string; requeue?: boolean }[] = [];
    await waitUntil(async () => {
      for (const { content } of await bare.current.drain(queue))
        events.push(...[JSON.parse(content.toString())].flat());
      return events.some(({ type }) => type === "task-failed");
    }, "the event of the failure");
    expect(events.map(({ type, uuid }) => [type, uuid])).toEqual([
      ["task-received", id],
      ["task-started", id],
      ["task-rejected", id],
      ["task-failed", id],
    ]);
    expect(events[2]).toMatchObject({ requeue: false });
  });
});
