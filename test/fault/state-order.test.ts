import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../src/celery/app.js";
import { chain, group, type TaskContext } from "../../src/celery/index.js";
import { DatabaseBackend } from "../../src/celery/results/database.js";
import { useWorkers } from "../support/celery-worker.js";
import { redisUrl, useDatabase, useVhost } from "../support/services.js";
import { useSlowStores } from "../support/slow-stores.js";
import { type StateHistory, watchDatabase, watchQueue, watchRedis } from "../support/state-history.js";
import { waitUntil } from "../support/wait-until.js";
import { WorkerProcess } from "../support/worker-process.js";

const log = pino({ level: "silent" });
const vhost = useVhost();
const database = useDatabase();
const startWorker = useWorkers(() => vhost.url);
const slow = useSlowStores();

const ENDS = ["SUCCESS", "FAILURE", "REVOKED"];
const BACKENDS = ["rpc", "redis", "database"] as const;

describe.each(BACKENDS)("states in a slow backend: %s", (name) => {
  let history: StateHistory;
  let client: Celery;
  const backend = () => ({ rpc: "rpc://", redis: redisUrl(), database: `db+${database.url}` })[name];
  const settings = () => ({ backend: backend() });

  beforeAll(async () => {
    client = new Celery("client", { broker: vhost.url, backend: backend(), log });
    if (name === "rpc") history = await watchQueue(vhost.url);
    else if (name === "redis") history = await watchRedis(redisUrl());
    else {
      const tables = { task: "celery_taskmeta", group: "celery_tasksetmeta", taskSchema: null, groupSchema: null };
      const maker = new DatabaseBackend({
        url: backend(),
        log,
        serializer: "json",
        expiresSeconds: null,
        extended: false,
        tables,
      });
      await maker.start();
      await maker.close();
      history = await watchDatabase(database.url);
    }
  });
  afterAll(async () => {
    await client.close();
    await history.close();
  });

  /** Sends a task. Results under rpc:// go to the observer, else to all who look. */
  const send = async (task: string, args: unknown[] = [], options: object = {}) => {
    const replyTo = "client" in history ? (history as Awaited<ReturnType<typeof watchQueue>>).client.replyQueue : null;
    return (await client.sendTask(task, args, {}, { ...(replyTo === null ? {} : { replyTo }), ...options })).id;
  };
  const statuses = async (id: string) => (await history.of(id)).map(({ status }) => status);
  /** States of a task that has ended, once no more are on their way. */
  const finalStatuses = async (id: string, ends = 1) => {
    await waitUntil(async () => (await statuses(id)).filter((status) => ENDS.includes(status)).length >= ends, id);
    await sleep(300);
    return await statuses(id);
  };

  it("RETRY is there before the next attempt can be", async () => {
    slow.delay = (_, { status }) => (status === "RETRY" ? 400 : 0);
    await startWorker(
      (app) => app.task("again", (ctx) => (ctx.request.retries < 2 ? ctx.retry({ countdown: 0 }) : "done")),
      {},
      settings(),
    );
    expect(await finalStatuses(await send("again"))).toEqual(["RETRY", "RETRY", "SUCCESS"]);
  });

  it("and before one that another worker runs", async () => {
    slow.delay = (_, { status }) => (status === "RETRY" ? 400 : 0);
    const move = (ctx: TaskContext) =>
      ctx.request.queue === "first" ? ctx.retry({ countdown: 0, queue: "second" }) : "moved";
    await startWorker((app) => app.task("move", move), { queues: ["first"], hostname: "a@t" }, settings());
    await startWorker((app) => app.task("move", move), { queues: ["second"], hostname: "b@t" }, settings());
    expect(await finalStatuses(await send("move", [], { queue: "first" }))).toEqual(["RETRY", "SUCCESS"]);
  });

  it("STARTED and states that nobody awaited come in their order, and before the end", async () => {
    const delays: Record<string, number> = { STARTED: 300, HALF: 100, MOST: 0 };
    slow.delay = (_, { status }) => delays[status] ?? 0;
    await startWorker(
      (app) =>
        app.task("steps", { trackStarted: true }, (ctx) => {
          for (const state of ["HALF", "MOST"]) void ctx.updateState(state, {});
          return "all";
        }),
      {},
      settings(),
    );
    expect(await finalStatuses(await send("steps"))).toEqual(["STARTED", "HALF", "MOST", "SUCCESS"]);
  });

  it("nothing follows the end: not from a handler that its time limit left behind, nor from a stray promise", async () => {
    let strays = 0;
    await startWorker(
      (app) => {
        app.task("late", { timeLimit: 0.3 }, async (ctx) => {
          await sleep(600);
          await ctx.updateState("LATE", {});
          strays += 1;
        });
        app.task("stray", (ctx) => {
          void sleep(200).then(async () => {
            await ctx.updateState("STRAY", {});
            strays += 1;
          });
          return ctx.request.retries === 0 ? ctx.retry({ countdown: 1 }) : "done";
        });
      },
      {},
      settings(),
    );
    const [late, stray] = [await send("late"), await send("stray")];
    await waitUntil(() => strays === 3, "all handlers to end");
    expect(await finalStatuses(late)).toEqual(["FAILURE"]);
    expect(await finalStatuses(stray)).toEqual(["RETRY", "SUCCESS"]);
  });

  it("a replacement begins after the last state of the task that it replaced", async () => {
    slow.delay = (_, { status }) => (status === "HALF" ? 300 : 0);
    await startWorker(
      (app) => {
        app.task("replaced", (ctx) => {
          void ctx.updateState("HALF", {});
          return ctx.replace(app.signature("other"));
        });
        app.task("other", () => 1);
      },
      {},
      settings(),
    );
    expect(await finalStatuses(await send("replaced"))).toEqual(["HALF", "SUCCESS"]);
  });

  it("a retry that the broker refuses ends in FAILURE: no RETRY is left for ever", async () => {
    await startWorker(
      (app) =>
        app.task("nowhere", (ctx) =>
          ctx.retry({ countdown: 0, exchange: "missing", routingKey: "x", error: new Error("why") }),
        ),
      {},
      settings(),
    );
    expect(await finalStatuses(await send("nowhere"))).toEqual(["RETRY", "FAILURE"]);
  });

  it("a worker that dies between RETRY and the next attempt: the message comes again, and the task ends", async () => {
    const killer = fileURLToPath(new URL("../fixtures/die-before-retry.mjs", import.meta.url));
    const app = fileURLToPath(new URL("../fixtures/retry-app.mjs", import.meta.url));
    const where = ["-b", vhost.url, "--result-backend", backend()];
    const env = { NODE_OPTIONS: `--import ${killer}` };
    const child = WorkerProcess.start(env, ["-c", "1", "-n", "killed@t", ...where], app);
    await child.wrote("ready.");
    const id = await send("again", [], { queue: "killed" });
    expect(await child.ended()).toBe(null);
    expect(await statuses(id)).toEqual(["RETRY"]);
    await startWorker(
      (node) => node.task("again", (ctx) => (ctx.request.retries === 0 ? ctx.retry({ countdown: 0 }) : "done")),
      { queues: ["killed"] },
      settings(),
    );
    expect(await finalStatuses(id)).toEqual(["RETRY", "RETRY", "SUCCESS"]);
  });

  it("a task that was retried and then replaced tells of the end of what replaced it", async () => {
    await startWorker(
      (app) => {
        app.task("replaced", { trackStarted: true }, (ctx, by: string) => {
          if (ctx.request.retries === 0) return ctx.retry({ countdown: 0 });
          if (by === "task") return ctx.replace(app.signature("bad"));
          if (by === "chain")
            return ctx.replace(chain(app.signature("good"), app.signature("bad").set({ immutable: true })));
          return ctx.replace(group(app.signature("bad"), app.signature("good")));
        });
        app.task("good", { trackStarted: true }, () => 1);
        app.task("bad", { trackStarted: true }, () => {
          throw new Error("bad");
        });
      },
      {},
      settings(),
    );
    for (const by of name === "redis" ? ["task", "chain", "group"] : ["task", "chain"]) {
      const seen = await finalStatuses(await send("replaced", [by]));
      expect([by, seen.at(-1)]).toEqual([by, "FAILURE"]);
    }
  });

  it("are those of the program, in its order, whatever each write takes (200 tasks, two workers)", async () => {
    slow.delay = () => Math.random() ** 3 * 120;
    const handler = async (ctx: TaskContext, retries: number, ends: boolean) => {
      void ctx.updateState(`A${ctx.request.retries}`, {});
      if (Math.random() < 0.5) await ctx.updateState(`B${ctx.request.retries}`, {});
      else void ctx.updateState(`B${ctx.request.retries}`, {});
      if (ctx.request.retries < retries) return ctx.retry({ countdown: 0, maxRetries: null });
      if (!ends) throw new Error("x");
      return "done";
    };
    for (const hostname of ["c@t", "d@t"]) {
      const options = { concurrency: 8, hostname };
      await startWorker((app) => app.task("random", { trackStarted: true }, handler), options, settings());
    }
    const sent = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [retries, succeeds] = [index % 4, index % 3 > 0];
        return { id: await send("random", [retries, succeeds]), retries, succeeds };
      }),
    );
    for (const { id, retries, succeeds } of sent) {
      const attempts = Array.from({ length: retries + 1 }, (_, n) => ["STARTED", `A${n}`, `B${n}`, "RETRY"]).flat();
      const expected = [...attempts.slice(0, -1), succeeds ? "SUCCESS" : "FAILURE"];
      await waitUntil(async () => (await statuses(id)).length >= expected.length, `the states of ${id}`);
      expect(await statuses(id)).toEqual(expected);
    }
  });

  if (name !== "rpc") {
    it("of duplicates: none takes back what another one reached (60 tasks, three messages each)", async () => {
      slow.delay = () => Math.random() ** 3 * 150;
      const handler = async (ctx: TaskContext, outcome: string) => {
        void ctx.updateState("HALF", {});
        if (ctx.request.retries === 0 && Math.random() < 0.5) return ctx.retry({ countdown: 0 });
        if (outcome === "succeeds" || (outcome === "either" && Math.random() < 0.5)) return "done";
        throw new Error("x");
      };
      for (const hostname of ["e@t", "f@t"]) {
        const options = { concurrency: 8, hostname };
        await startWorker((app) => app.task("twin", { trackStarted: true }, handler), options, settings());
      }
      const outcomes = ["succeeds", "fails", "either"];
      const sent = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const [taskId, outcome] = [randomUUID(), outcomes[index % 3] as string];
          for (let copy = 0; copy < 3; copy++) await send("twin", [outcome], { taskId });
          return { id: taskId, outcome };
        }),
      );
      const isOver = async () => ((await vhost.get("queues", "celery")) as { messages?: number }).messages === 0;
      for (const { id, outcome } of sent) {
        await waitUntil(async () => (await statuses(id)).some((status) => ENDS.includes(status)), `an end of ${id}`);
        const state = await client.asyncResult(id).get({ propagate: false, timeout: 60 });
        if (outcome !== "either") expect(state instanceof Error).toBe(outcome === "fails");
      }
      await waitUntil(isOver, "an empty queue");
      for (const { id } of sent) {
        const seen = await statuses(id);
        const end = seen.findIndex((status) => ENDS.includes(status));
        expect(seen.slice(end).every((status) => ENDS.includes(status))).toBe(true);
        expect(seen.slice(0, -1)).not.toContain("SUCCESS");
      }
    });

    it("REVOKED of a worker that has not got the task changes nothing for one that runs or has ended", async () => {
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      await startWorker(
        (app) =>
          app.task("gated", { trackStarted: true }, async (ctx, state: string) => {
            if (state !== "STARTED") await ctx.updateState(state, {});
            await ended;
            return 1;
          }),
        { hostname: "runs@t", concurrency: 2 },
        settings(),
      );
      await startWorker(() => undefined, { hostname: "other@t", queues: ["other"] }, settings());
      const ids = [await send("gated", ["STARTED"]), await send("gated", ["HALF"])];
      await waitUntil(async () => (await statuses(ids[1] as string)).includes("HALF"), "both to run");
      await waitUntil(async () => (await statuses(ids[0] as string)).includes("STARTED"), "both to run");
      const unknown = randomUUID();
      await client.control.revoke([...ids, unknown], { destination: ["other@t"], reply: true });
      await waitUntil(async () => (await statuses(unknown)).includes("REVOKED"), "the answer for the unknown one");
      end();
      expect(await finalStatuses(ids[0] as string)).toEqual(["STARTED", "SUCCESS"]);
      expect(await finalStatuses(ids[1] as string)).toEqual(["STARTED", "HALF", "SUCCESS"]);
    });
  }
});

describe("a client", () => {
  it.each(["SUCCESS", "FAILURE"])(
    "under rpc:// keeps the end, %s, when a Python worker tells of the retry late",
    async (status) => {
      const client = new Celery("client", { broker: vhost.url, backend: "rpc://", log });
      const queue = `nobody-${status}`;
      const { client: bare, close } = await watchQueue(vhost.url);
      const result = await client.sendTask("nobody", [], {}, { queue });
      const [message] = await bare.drain(queue);
      const { replyTo, correlationId } = message?.properties ?? {};
      const error = { exc_type: "ValueError", exc_message: ["x"], exc_module: "builtins" };
      const tell = (state: string) => {
        const body = {
          task_id: result.id,
          status: state,
          result: state === "SUCCESS" ? 1 : error,
          traceback: null,
          children: [],
        };
        const options = { contentType: "application/json", contentEncoding: "utf-8", correlationId };
        return bare.publish(replyTo, Buffer.from(JSON.stringify(body)), options);
      };
      for (const state of [status, "RETRY", "STARTED"]) await tell(state);
      await waitUntil(async () => (await bare.depth(replyTo)) === 0, "all states to arrive");
      await sleep(100);
      expect(await result.state()).toBe(status);
      const seen: string[] = [];
      const value = await client.asyncResult(result.id).get({
        propagate: false,
        timeout: 60,
        onState: (state) => seen.push(state.status),
      });
      expect(value instanceof Error).toBe(status === "FAILURE");
      expect(seen).toEqual([status]);
      // A task that is sent anew under the same id is waited for anew.
      const again = await client.sendTask("nobody", [], {}, { queue, taskId: result.id });
      expect(await again.state()).toBe("PENDING");
      await tell("SUCCESS");
      expect(await again.get({ timeout: 60 })).toBe(1);
      await client.close();
      await close();
    },
  );
});
