import { describe, expect, it } from "vitest";
import { Router } from "../../../../src/celery/client/routing.js";
import { compileSettings } from "../../../../src/celery/settings.js";

const route = (
  settings: Record<string, unknown>,
  name: string,
  options: Record<string, unknown> = {},
  delaySeconds: number | null = null,
) => {
  const { queue, ...rest } = new Router(compileSettings(settings)).destination(name, [], {}, options, delaySeconds);
  return { ...rest, queue: queue?.name ?? null };
};

describe("Router", () => {
  it("sends through the default exchange to the default queue", () => {
    expect(route({}, "t")).toEqual({ exchange: "", routingKey: "celery", queue: "celery", priority: null });
    expect(route({ task_default_queue: "q", task_default_priority: 3 }, "t")).toMatchObject({
      routingKey: "q",
      priority: 3,
    });
  });

  it("follows task_routes: an exact name before a glob, functions, and the first of several", () => {
    const task_routes = [
      (name: string) => (name === "by.code" ? "coded" : null),
      { "a.*": "globbed", "a.exact": { queue: "exact", priority: 7 } },
      { "a.*": "too late", "*": "rest" },
    ];
    const queueOf = (name: string) => route({ task_routes }, name).queue;
    expect(["by.code", "a.other", "a.exact", "b"].map(queueOf)).toEqual(["coded", "globbed", "exact", "rest"]);
    expect(route({ task_routes }, "a.exact").priority).toBe(7);
  });

  it("lets the options of a call win over routes", () => {
    const settings = { task_routes: { t: { queue: "routed", priority: 1 } } };
    expect(route(settings, "t", { queue: "called", priority: 2 })).toMatchObject({ routingKey: "called", priority: 2 });
    expect(route({}, "t", { exchange: "x", routing_key: "k" })).toEqual({
      exchange: "x",
      routingKey: "k",
      queue: null,
      priority: null,
    });
    expect(() => route({}, "t", { exchange: "x" })).toThrow(/needs a routingKey/);
  });

  it("publishes to the exchange of a queue that is not on a direct one", () => {
    const task_queues = [{ name: "q", exchange: "topics", exchangeType: "topic", routingKey: "q.key" }];
    expect(route({ task_queues }, "t", { queue: "q" })).toMatchObject({ exchange: "topics", routingKey: "q.key" });
  });

  it("leaves the waiting to the broker where native delayed delivery is on, for whole seconds", () => {
    const queue = {
      name: "q",
      exchange: "topics",
      exchangeType: "topic",
      routingKey: "q",
      arguments: { "x-queue-type": "quorum" },
    };
    const options = { queue: "q" };
    expect(route({ task_queues: [queue] }, "t", options, 5)).toMatchObject({
      exchange: "celery_delayed_27",
      routingKey: `${"0.".repeat(25)}1.0.1.q`,
    });
    expect(route({ task_queues: [queue] }, "t", options, 0.5)).toMatchObject({ exchange: "topics", routingKey: "q" });
    const off = { task_queues: [{ ...queue, arguments: {} }] };
    expect(route(off, "t", options, 5)).toMatchObject({ exchange: "topics", routingKey: "q" });
  });
});
