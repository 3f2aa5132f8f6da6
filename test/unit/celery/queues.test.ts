import { describe, expect, it } from "vitest";
import { resolveQueue, workerQueues } from "../../../src/celery/queues.js";
import { compileSettings } from "../../../src/celery/settings.js";

const STREAM = { name: "s", arguments: { "x-queue-type": "stream" } };

describe("resolveQueue", () => {
  it("completes the default queue, with a type of its own", () => {
    const settings = compileSettings({ task_default_queue: "d", task_default_queue_type: "quorum" });
    expect(resolveQueue("d", settings)).toEqual({
      name: "d",
      exchange: "d",
      exchangeType: "direct",
      routingKey: "d",
      arguments: { "x-queue-type": "quorum" },
    });
    expect(resolveQueue("other", settings)).toEqual({ name: "other" });
  });

  it("makes missing queues of the type and exchange type that are set", () => {
    const settings = compileSettings({
      task_create_missing_queue_type: "quorum",
      task_create_missing_queue_exchange_type: "topic",
    });
    expect(resolveQueue("new", settings)).toEqual({
      name: "new",
      exchangeType: "topic",
      arguments: { "x-queue-type": "quorum" },
    });
  });

  it("refuses missing queues where none may be made", () => {
    const settings = compileSettings({ task_queues: ["a"], task_create_missing_queues: false });
    expect(resolveQueue("a", settings)).toEqual({ name: "a" });
    expect(() => resolveQueue("b", settings)).toThrow(/queue b is not in taskQueues/);
  });
});

describe("workerQueues", () => {
  const names = (settings: Record<string, unknown>, selected?: string[], excluded: string[] = []) =>
    workerQueues(selected, excluded, compileSettings(settings), "w@h").map(({ name }) => name);

  it("takes those selected, else those defined, else the default one, and leaves out the excluded", () => {
    expect(names({})).toEqual(["celery"]);
    expect(names({ task_queues: ["a", "b"] })).toEqual(["a", "b"]);
    expect(names({ task_queues: ["a", "b"] }, ["c", "b"], ["b"])).toEqual(["c"]);
    expect(() => names({}, undefined, ["celery"])).toThrow(/no queue is left/);
  });

  it("refuses streams", () => {
    expect(() => workerQueues([STREAM], [], compileSettings({}), "w@h")).toThrow(
      expect.objectContaining({ code: "CELERY_NOT_SUPPORTED" }),
    );
  });
});
