import celeryNode from "celery-node";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery, type TaskContext } from "../../src/celery/index.js";
import { redisUrl, useVhost } from "../support/services.js";

/** An independent client of another project: protocol 2 tasks, results read from Redis. */
describe("celery-node as client", () => {
  const vhost = useVhost();
  const log = pino({ level: "silent" });
  let app: Celery;
  let worker: ReturnType<Celery["worker"]>;
  let client: ReturnType<typeof celeryNode.createClient>;
  beforeAll(async () => {
    app = new Celery("celery-node", { broker: vhost.url, backend: redisUrl(), log });
    app.task("n.add", (_: TaskContext, x: number, y: number) => x + y);
    app.task("n.kwargs", ({ kwargs }: TaskContext) => kwargs);
    app.task("n.fail", () => {
      throw new TypeError("not today");
    });
    worker = app.worker({ concurrency: 2 });
    await worker.start();
    client = celeryNode.createClient(vhost.url, redisUrl());
  });
  afterAll(async () => {
    await client.disconnect();
    await worker.stop(5);
    await app.close();
  });

  it("gets the result of a task", async () => {
    expect(await client.createTask("n.add").applyAsync([2, 3]).get(10_000)).toBe(5);
  });

  it("passes keyword arguments", async () => {
    expect(
      await client
        .createTask("n.kwargs")
        .applyAsync([], { x: "é", y: [1] })
        .get(10_000),
    ).toEqual({ x: "é", y: [1] });
  });

  it("learns of a failure", async () => {
    await expect(client.createTask("n.fail").applyAsync([]).get(10_000)).rejects.toThrow();
  });
});
