import { describe, expect, it } from "vitest";
import {
  Ignore,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
  WorkerShutdown,
} from "../../../../src/celery/errors.js";
import {
  type DeadLetterMode,
  disposalOf,
  type Outcome,
  outcomeOfError,
  type SettlementOptions,
} from "../../../../src/celery/worker/outcome.js";

interface Options extends SettlementOptions {
  readonly deadLetter: DeadLetterMode;
}

const celery: Options = { acksOnFailureOrTimeout: true, rejectOnWorkerLost: false, deadLetter: "off" };
const failed: Outcome = { kind: "failed", error: new Error("x") };
const lost: Outcome = { kind: "worker-lost", error: new WorkerLostError("x") };

describe("disposalOf", () => {
  it.each<[string, Outcome, Partial<Options>, string, boolean]>([
    ["success", { kind: "succeeded", result: 1 }, {}, "ack", false],
    ["ignore", { kind: "ignored" }, { deadLetter: "publish" }, "ack", false],
    [
      "retry",
      { kind: "retried", retry: new Retry(null, new Date(), 1, null, null) },
      { deadLetter: "publish" },
      "ack",
      false,
    ],
    [
      "revoked",
      { kind: "revoked", terminated: true, expired: false, signum: 15 },
      { deadLetter: "publish" },
      "ack",
      false,
    ],
    ["failure", failed, {}, "ack", false],
    ["failure that may not be acked", failed, { acksOnFailureOrTimeout: false }, "reject", false],
    ["failure with our dead letters", failed, { deadLetter: "publish" }, "ack", true],
    ["failure with the queue's own dead letters", failed, { deadLetter: "native" }, "reject", false],
    ["hard limit", { kind: "timed-out", error: new TimeLimitExceeded(1) }, { deadLetter: "publish" }, "ack", true],
    ["lost thread", lost, {}, "ack", false],
    ["lost thread, reject_on_worker_lost", lost, { rejectOnWorkerLost: true, deadLetter: "publish" }, "requeue", false],
    ["reject", { kind: "rejected", requeue: false, reason: "r" }, {}, "reject", false],
    [
      "reject with our dead letters",
      { kind: "rejected", requeue: false, reason: "r" },
      { deadLetter: "publish" },
      "ack",
      true,
    ],
    [
      "reject and requeue",
      { kind: "rejected", requeue: true, reason: "r" },
      { deadLetter: "publish" },
      "requeue",
      false,
    ],
    ["abandoned", { kind: "abandoned", reason: "r" }, { deadLetter: "publish" }, "requeue", false],
  ])("%s", (_name, outcome, options, settle, deadLetter) => {
    const all = { ...celery, ...options };
    expect(disposalOf(outcome, all, all.deadLetter)).toEqual({ settle, deadLetter });
  });
});

describe("outcomeOfError", () => {
  const revoked = new TaskRevokedError("terminated");
  const shutdown = new WorkerShutdown("stop");
  const soft = new SoftTimeLimitExceeded(1);
  it.each<[string, unknown, unknown, Outcome["kind"]]>([
    ["an error", new Error("x"), undefined, "failed"],
    ["a thrown string", "x", undefined, "failed"],
    ["Ignore", new Ignore(), undefined, "ignored"],
    ["Reject", new Reject("r"), undefined, "rejected"],
    ["a retry", new Retry(null, new Date(), 1, null, null), undefined, "retried"],
    ["a lost thread", new WorkerLostError("x"), undefined, "worker-lost"],
    ["the soft limit", soft, soft, "failed"],
    ["anything after a terminate", new Error("stopped"), revoked, "revoked"],
    ["anything when the worker stops", new Error("stopped"), shutdown, "abandoned"],
  ])("%s", (_name, thrown, reason, kind) => {
    expect(outcomeOfError(thrown, reason).kind).toBe(kind);
  });
});
