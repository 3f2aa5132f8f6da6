import { afterEach, describe, expect, it } from "vitest";
import { Ignore, Reject } from "../../../src/celery/errors.js";
import type { TaskContext } from "../../../src/celery/index.js";
import { kernel } from "../../../src/celery/kernel.js";
import { revoke } from "../../../src/celery/worker/remote/revoke.js";
import { useBareClient, useWorkers } from "../../support/celery-worker.js";
import { inside } from "../../support/inside.js";
import { useVhost } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";
import type { Behaviour } from "../../unit/celery/executor/kernels/behaviours.js";

const vhost = useVhost();
const client = useBareClient(() => vhost.url);
// Registered first, so it runs last: what a test leaves in the queue must not reach the next.
afterEach(async () => {
  await client.current.channel.purgeQueue("celery");
});
const startWorker = useWorkers(() => vhost.url);
const behave = kernel<Behaviour, unknown, number>(
  new URL("../../unit/celery/executor/kernels/behaviours.ts", import.meta.url),
);

const isEmpty = async (queue: string) => {
  const { messages } = (await vhost.get("queues", queue)) as { messages?: number };
  return messages === 0;
};

describe("outcomes", () => {
  it("stores the result of a task and acknowledges it afterwards", async () => {
    await startWorker((app) => app.task("add", (_ctx, x: number, y: number) => x + y));
    const id = await client.current.send("celery", "add", [2, 3]);
    expect(await client.current.result(id)).toEqual({
      task_id: id,
      status: "SUCCESS",
      result: 5,
      traceback: null,
      children: [],
    });
    await waitUntil(() => isEmpty("celery"), "an empty queue");
  });

  it("stores a failure with type, message and traceback", async () => {
    await startWorker((app) =>
      app.task("fail", () => {
        throw new RangeError("too far");
      }),
    );
    const result = await client.current.result(await client.current.send("celery", "fail"));
    expect(result).toMatchObject({
      status: "FAILURE",
      result: { exc_type: "ValueError", exc_message: ["too far"], exc_module: "builtins" },
    });
    expect(result.traceback).toContain("life-of-a-task");
  });

  it("retries with a countdown until it succeeds, and stores RETRY in between", async () => {
    await startWorker((app) =>
      app.task("flaky", (ctx) =>
        ctx.request.retries < 2
          ? ctx.retry({ countdown: 0.05, error: new Error("not yet") })
          : `attempt ${ctx.request.retries + 1}`,
      ),
    );
    const id = await client.current.send("celery", "flaky");
    expect((await client.current.result(id)).result).toBe("attempt 3");
    expect(client.current.statesOf(id).map(({ status }) => status)).toEqual(["RETRY", "RETRY", "SUCCESS"]);
  });

  it("raises the given error when no retry is left, else MaxRetriesExceededError", async () => {
    await startWorker((app) => {
      app.task("hopeless", { maxRetries: 1 }, (ctx) => ctx.retry({ countdown: 0, error: new Error("last words") }));
      app.task("hopeless-silent", { maxRetries: 0 }, (ctx) => ctx.retry({ countdown: 0 }));
    });
    const first = await client.current.result(await client.current.send("celery", "hopeless"));
    expect(first.result).toMatchObject({ exc_message: ["last words"] });
    const second = await client.current.result(await client.current.send("celery", "hopeless-silent", [1]));
    expect(second.result).toMatchObject({ exc_type: "MaxRetriesExceededError", exc_module: "celery.exceptions" });
  });

  it("retries by itself after the errors it names, and after no others", async () => {
    class Flaky extends Error {}
    await startWorker((app) => {
      app.task(
        "auto",
        { autoretryFor: [Flaky], retryBackoff: true, retryJitter: true, retryBackoffMax: 0, maxRetries: 2 },
        (ctx) => {
          if (ctx.request.retries < 2) throw new Flaky("again");
          return "done";
        },
      );
      app.task("not-auto", { autoretryFor: [Flaky] }, () => {
        throw new Error("other");
      });
    });
    const id = await client.current.send("celery", "auto");
    expect((await client.current.result(id)).result).toBe("done");
    expect((await client.current.result(await client.current.send("celery", "not-auto"))).status).toBe("FAILURE");
  });

  it("Ignore stores nothing, Reject gives the message to the broker, once more with requeue", async () => {
    let rejections = 0;
    await startWorker((app) => {
      app.task("ignore", () => {
        throw new Ignore();
      });
      app.task("reject-once", () => {
        rejections += 1;
        if (rejections === 1) throw new Reject("not now", true);
        return "second time";
      });
    });
    const ignored = await client.current.send("celery", "ignore");
    const rejected = await client.current.send("celery", "reject-once");
    expect((await client.current.result(rejected)).result).toBe("second time");
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(client.current.statesOf(ignored)).toEqual([]);
  });

  it("shows a handler the AMQP properties of its message", async () => {
    await startWorker((app) => app.task("properties", ({ request }) => request.properties));
    const id = await client.current.send("celery", "properties");
    expect((await client.current.result(id)).result).toMatchObject({
      content_type: "application/json",
      correlation_id: id,
      delivery_mode: 2,
      reply_to: client.current.replyQueue,
    });
  });

  it("stores custom states in order", async () => {
    await startWorker((app) =>
      app.task("states", async (ctx) => {
        await ctx.updateState("HALF", { percent: 50 });
        return "all";
      }),
    );
    const id = await client.current.send("celery", "states");
    await client.current.result(id);
    expect(client.current.statesOf(id).map(({ status, result }) => [status, result])).toEqual([
      ["HALF", { percent: 50 }],
      ["SUCCESS", "all"],
    ]);
  });

  it("ignored results are not stored: the message decides, and where it says nothing the task", async () => {
    const fail = () => {
      throw new Error("x");
    };
    await startWorker((app) => {
      const ignoring = { ignoreResult: true, trackStarted: true };
      app.task("ignoring", ignoring, () => "done");
      app.task("ignoring-fails", ignoring, fail);
      app.task("ignoring-keeps-errors", { ...ignoring, storeErrorsEvenIfIgnored: true }, fail);
      app.task("stored", { trackStarted: true }, () => "done");
      app.task("stored-fails", fail);
      app.task("stored-keeps-errors", { storeErrorsEvenIfIgnored: true }, fail);
    });
    const ignore = { ignore_result: true };
    const keep = { ignore_result: false };
    const sent = [
      await client.current.send("celery", "ignoring"),
      await client.current.send("celery", "ignoring", [], { ignore_result: null }),
      await client.current.send("celery", "ignoring", [], keep),
      await client.current.send("celery", "ignoring-fails"),
      await client.current.send("celery", "ignoring-fails", [], keep),
      await client.current.send("celery", "ignoring-keeps-errors"),
      await client.current.send("celery", "stored", [], ignore),
      await client.current.send("celery", "stored-fails", [], ignore),
      await client.current.send("celery", "stored-keeps-errors", [], ignore),
      await client.current.send("celery", "stored"),
    ];
    await client.current.result(sent.at(-1) ?? "");
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(sent.map((id) => client.current.statesOf(id).map(({ status }) => status))).toEqual([
      [],
      [],
      ["STARTED", "SUCCESS"],
      [],
      ["STARTED", "FAILURE"],
      ["FAILURE"],
      [],
      [],
      ["FAILURE"],
      ["STARTED", "SUCCESS"],
    ]);
  });

  it("a retry carries on what its attempt did with results, also where only the task says so", async () => {
    const again = (ctx: TaskContext) => (ctx.request.retries === 0 ? ctx.retry({ countdown: 0 }) : "done");
    await startWorker((app) => {
      app.task("ignoring", { ignoreResult: true }, again);
      app.task("stored", again);
    });
    const sent = [
      await client.current.send("celery", "ignoring"),
      await client.current.send("celery", "stored", [], { ignore_result: true }),
      await client.current.send("celery", "ignoring", [], { ignore_result: false }),
      await client.current.send("celery", "stored"),
    ];
    await client.current.result(sent.at(-1) ?? "");
    await waitUntil(() => isEmpty("celery"), "an empty queue");
    expect(sent.map((id) => client.current.statesOf(id).map(({ status }) => status))).toEqual([
      [],
      [],
      ["RETRY", "SUCCESS"],
      ["RETRY", "SUCCESS"],
    ]);
  });

  it("sends events of its own", async () => {
    const { queue } = await client.current.channel.assertQueue("", { exclusive: true });
    await startWorker(
      (app) =>
        app.task("eventful", (ctx) => {
          ctx.sendEvent("task-halfway", { percent: 50 });
          ctx.sendEvent("worker-halfway");
        }),
      {},
      { workerSendTaskEvents: true },
    );
    await client.current.channel.bindQueue(queue, "celeryev", "task.#");
    const id = await client.current.send("celery", "eventful");
    expect(await client.current.result(id)).toMatchObject({ result: { exc_type: "ImproperlyConfigured" } });
    const events: { type: string; uuid: string }[] = [];
    await waitUntil(async () => {
      // The worker's own events of a task come in batches, those of a handler one by one.
      for (const { content } of await client.current.drain(queue))
        events.push(...[JSON.parse(content.toString())].flat());
      return events.some(({ type }) => type === "task-failed");
    }, "the event of the failure");
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(["task-received", "task-started", "task-halfway", "task-failed"]),
    );
    expect(events.find(({ type }) => type === "task-halfway")).toMatchObject({
      uuid: id,
      percent: 50,
      hostname: expect.any(String),
      clock: expect.any(Number),
    });
  });

  it("fails a task whose result cannot be serialized, and says so", async () => {
    await startWorker((app) => app.task("unserializable", () => ({ f: () => 1 })));
    const result = await client.current.result(await client.current.send("celery", "unserializable"));
    expect(result).toMatchObject({ status: "FAILURE", result: { exc_type: "EncodeError" } });
  });

  it("tells the caller of a task nobody registered", async () => {
    await startWorker(() => undefined);
    const result = await client.current.result(await client.current.send("celery", "nobody.knows"));
    expect(result).toMatchObject({
      status: "FAILURE",
      result: { exc_type: "NotRegistered", exc_message: ["nobody.knows"] },
    });
  });

  it("acknowledges early tasks before they run, and late ones after", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await startWorker((app) => {
      app.task("early", { acksLate: false }, () => gate);
      app.task("late", { acksLate: true }, () => gate);
    });
    const early = await client.current.send("celery", "early");
    const unacknowledged = async () =>
      ((await vhost.get("queues", "celery")) as { messages_unacknowledged?: number }).messages_unacknowledged;
    const late = await client.current.send("celery", "late");
    await waitUntil(async () => (await unacknowledged()) === 1, "one unacknowledged message");
    release();
    await client.current.result(early);
    await client.current.result(late);
    await waitUntil(() => isEmpty("celery"), "an empty queue");
  });

  it("checks arguments by the task's schema", async () => {
    const typing = {
      parse(args: unknown): [number] {
        if (!Array.isArray(args) || typeof args[0] !== "number")
          throw new TypeError("the first argument must be a number");
        return [args[0]];
      },
    };
    await startWorker((app) => app.task("typed", { typing }, (_ctx, x) => x));
    const result = await client.current.result(await client.current.send("celery", "typed", ["one"]));
    expect(result.result).toMatchObject({
      exc_type: "TypeError",
      exc_message: ["the first argument must be a number"],
    });
  });
});

describe("a task that is a module", () => {
  const module = new URL("../../unit/celery/executor/kernels/multiply.ts", import.meta.url);

  it("runs in a thread, gets arguments and request, and fails as a handler would", async () => {
    await startWorker((app) => app.task("multiply", { module }));
    const good = await client.current.result(await client.current.send("celery", "multiply", [6, 7]));
    expect(good).toMatchObject({ status: "SUCCESS", result: { product: 42, plus: null, task: "multiply" } });
    const bad = await client.current.result(await client.current.send("celery", "multiply", [-1, 7]));
    expect(bad).toMatchObject({
      status: "FAILURE",
      result: { exc_type: "ValueError", exc_message: ["only positive numbers"] },
    });
  });

  it("takes either a handler or a module", async () => {
    await startWorker((app) => {
      expect(() => app.task("both", { module }, () => 1)).toThrow(/either a handler or the option module/);
      expect(() => app.task("misspelt", { maxRetry: 1 } as object, () => 1)).toThrow(
        /unknown option maxRetry: did you mean maxRetries/,
      );
    });
  });
});

describe("time", () => {
  it("runs a task at its ETA, not before, and lets ready tasks pass any number of waiting ones", async () => {
    const ran: string[] = [];
    await startWorker((app) => app.task("note", (_ctx, name: string) => ran.push(name)), {
      concurrency: 1,
      prefetchMultiplier: 1,
    });
    const eta = new Date(Date.now() + 1500).toISOString();
    const waiting = await Promise.all(
      Array.from({ length: 40 }, (_, index) => client.current.send("celery", "note", [`later ${index}`], { eta })),
    );
    const ready = await client.current.send("celery", "note", ["now"]);
    await client.current.result(ready);
    expect(ran).toEqual(["now"]);
    for (const id of waiting) await client.current.result(id);
    expect(ran).toHaveLength(41);
    await waitUntil(() => isEmpty("celery"), "an empty queue");
  });

  it("discards expired tasks on receipt and while they wait", async () => {
    let ran = 0;
    await startWorker((app) => app.task("count", () => ran++));
    const past = new Date(Date.now() - 1000).toISOString();
    const soon = new Date(Date.now() + 300).toISOString();
    const later = new Date(Date.now() + 60_000).toISOString();
    const expired = await client.current.send("celery", "count", [], { expires: past });
    const expiring = await client.current.send("celery", "count", [], { eta: later, expires: soon });
    for (const id of [expired, expiring]) {
      expect(await client.current.result(id)).toMatchObject({
        status: "REVOKED",
        result: { exc_type: "TaskRevokedError", exc_message: ["expired"] },
      });
    }
    expect(ran).toBe(0);
  });

  it("aborts the signal at the soft limit; what the task then returns is its result", async () => {
    await startWorker((app) => {
      app.task(
        "soft",
        { softTimeLimit: 0.1 },
        (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve("in time"))),
      );
      app.task(
        "soft-uncaught",
        { softTimeLimit: 0.1 },
        (ctx) => new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))),
      );
      app.task("soft-kernel", { softTimeLimit: 0.5 }, (ctx) => ctx.compute(behave, { do: "until-cancelled" }));
    });
    expect((await client.current.result(await client.current.send("celery", "soft"))).result).toBe("in time");
    const uncaught = await client.current.result(await client.current.send("celery", "soft-uncaught"));
    expect(uncaught.result).toMatchObject({ exc_type: "SoftTimeLimitExceeded", exc_module: "billiard.exceptions" });
    expect((await client.current.result(await client.current.send("celery", "soft-kernel"))).result).toBe(
      "best so far",
    );
  });

  it("ends a task at the hard limit, in a thread or not, and frees its slot", async () => {
    await startWorker(
      (app) => {
        app.task("forever", { timeLimit: 0.2 }, () => new Promise(() => undefined));
        app.task("loop", { timeLimit: 0.5 }, (ctx) => ctx.compute(behave, { do: "loop" }));
        app.task("after", () => "ran");
      },
      { concurrency: 1 },
    );
    const results = [];
    for (const task of ["forever", "loop", "after"])
      results.push(await client.current.result(await client.current.send("celery", task)));
    expect(results.map(({ status }) => status)).toEqual(["FAILURE", "FAILURE", "SUCCESS"]);
    expect(results[0]?.result).toMatchObject({ exc_type: "TimeLimitExceeded" });
    expect(results[1]?.result).toMatchObject({ exc_type: "TimeLimitExceeded" });
  });

  it("takes limits from the message before those of the task", async () => {
    await startWorker((app) => app.task("limited", { timeLimit: 600 }, () => new Promise(() => undefined)));
    const id = await client.current.send("celery", "limited", [], { timelimit: [0.2, null] });
    expect((await client.current.result(id)).result).toMatchObject({ exc_type: "TimeLimitExceeded" });
  });

  it("keeps to a rate limit and lets other tasks pass", async () => {
    await startWorker((app) => {
      app.task("limited", { rateLimit: "2/m" }, () => "limited");
      app.task("free", () => "free");
    });
    const limited = await Promise.all([1, 2, 3].map(() => client.current.send("celery", "limited")));
    expect((await client.current.result(await client.current.send("celery", "free"))).result).toBe("free");
    const done = limited.filter((id) => client.current.statesOf(id).length > 0);
    expect(done).toHaveLength(1);
  });
});

describe("revocation", () => {
  it("discards at once what waits, in every kind of wait, and what is still to come", async () => {
    const worker = await startWorker(
      (app) => {
        app.task("block", (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve(null))));
        app.task("limited", { rateLimit: "1/h" }, () => "ran");
        app.task("plain", () => "ran");
      },
      { concurrency: 1, prefetchMultiplier: 10 },
    );
    const block = await client.current.send("celery", "block");
    await waitUntil(() => [...worker.requests].some((request) => request.state === "running"));
    const reserved = await client.current.send("celery", "plain");
    await client.current.send("celery", "limited");
    const limited = await client.current.send("celery", "limited");
    const scheduled = await client.current.send("celery", "plain", [], {
      eta: new Date(Date.now() + 3_600_000).toISOString(),
    });
    await waitUntil(() => [...worker.requests].length === 5, "five requests in memory");
    revoke(inside(worker), [reserved, limited, scheduled, "00000000-0000-4000-8000-00000000cafe"], {
      terminate: false,
      signum: 15,
    });
    const future = await client.current.send("celery", "plain", [], { id: "00000000-0000-4000-8000-00000000cafe" });
    for (const id of [reserved, limited, scheduled, future]) {
      expect(await client.current.result(id)).toMatchObject({
        status: "REVOKED",
        result: { exc_message: ["revoked"] },
      });
    }
    expect(revoke(inside(worker), [block], { terminate: true, signum: 15 })).toEqual([block]);
    expect(await client.current.result(block)).toMatchObject({
      status: "REVOKED",
      result: { exc_message: ["terminated"] },
    });
  });

  it.each(["forever", "loop"])("terminates a task that does not listen (%s)", async (name) => {
    const worker = await startWorker((app) => {
      app.task("forever", () => new Promise(() => undefined));
      app.task("loop", (ctx) => ctx.compute(behave, { do: "loop" }));
    });
    const id = await client.current.send("celery", name);
    await waitUntil(() => [...worker.requests].some((request) => request.state === "running"));
    revoke(inside(worker), [id], { terminate: true, signum: 15 });
    expect(await client.current.result(id)).toMatchObject({ status: "REVOKED" });
    await waitUntil(() => [...worker.requests].length === 0 && inside(worker).slots.used === 0);
  });
});

describe("hooks", () => {
  it("awaits onFailure and onRevoked before the message is settled", async () => {
    const calls: string[] = [];
    const worker = await startWorker((app) => {
      app.task("fail", { onFailure: async (_request, error) => void calls.push(`failed ${error.message}`) }, () => {
        throw new Error("x");
      });
      app.task(
        "wait",
        { onRevoked: async (_request, { terminated }) => void calls.push(`revoked ${terminated}`) },
        () => "ran",
      );
    });
    await client.current.result(await client.current.send("celery", "fail"));
    const id = await client.current.send("celery", "wait", [], { eta: new Date(Date.now() + 3_600_000).toISOString() });
    await waitUntil(() => [...worker.requests].length === 1);
    revoke(inside(worker), [id], { terminate: true, signum: 15 });
    await client.current.result(id);
    expect(calls).toEqual(["failed x", "revoked false"]);
  });
});
