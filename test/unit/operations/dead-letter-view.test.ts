import { describe, expect, it } from "vitest";
import type { TakenMessage } from "../../../src/celery/amqp/message-queue.js";
import { describeDeadLetter, revived } from "../../../src/operations/dead-letter-view.js";
import { PACKERS } from "../../support/hostile/packers.js";

const message = (headers: Record<string, unknown>, body: unknown): TakenMessage => ({
  body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  headers,
  contentType: "application/json",
  contentEncoding: "utf-8",
  correlationId: "c-1",
  replyTo: undefined,
  properties: { correlationId: "c-1" },
  unreadable: null,
  acknowledge: () => undefined,
});
const JOB = "5b0f6f3a-0000-4000-8000-000000000001";
const v2 = { task: "tasks.process_spot_simulation", id: "t-1", lang: "py", root_id: "t-1" };

describe("a dead letter", () => {
  it("of ours says why, and from where", async () => {
    const headers = {
      ...v2,
      "x-dead-letter-reason": "RangeError: bad cards",
      "x-dead-letter-attempts": 3,
      "x-dead-letter-time": "2026-11-23T21:00:00.000Z",
      "x-dead-letter-queue": "spot_simulation",
    };
    expect(await describeDeadLetter(message(headers, [[JOB], {}, {}]))).toEqual({
      id: "t-1",
      task: "tasks.process_spot_simulation",
      jobId: JOB,
      queue: "spot_simulation",
      reason: "RangeError: bad cards",
      attempts: 3,
      time: "2026-11-23T21:00:00.000Z",
      args: [JOB],
      kwargs: {},
    });
  });

  it("of the broker is read from x-death", async () => {
    const death = { queue: "spot-processing", reason: "rejected", time: new Date(1795464304_000) };
    expect(await describeDeadLetter(message({ ...v2, "x-death": [death] }, [[{ args: [JOB] }], {}, {}]))).toMatchObject(
      {
        queue: "spot-processing",
        reason: "rejected",
        attempts: null,
        jobId: JOB,
        time: "2026-11-23T20:05:04.000Z",
      },
    );
  });

  it("is read when it is packed", async () => {
    const packed = PACKERS["application/zstd"]?.(Buffer.from(JSON.stringify([[{ args: [JOB] }], {}, {}])));
    const letter = { ...message({ ...v2, compression: "application/zstd" }, ""), body: packed ?? Buffer.alloc(0) };
    expect((await describeDeadLetter(letter)).args).toEqual([{ args: [JOB] }]);
  });

  it("that nobody can read is shown by what it has", async () => {
    expect(await describeDeadLetter(message({}, "not json"))).toMatchObject({
      id: "c-1",
      task: null,
      jobId: null,
      queue: null,
      reason: "unknown",
    });
  });
});

describe("sent again", () => {
  it("has all its attempts, no time to wait for, and no expiry that has passed", () => {
    const headers = {
      ...v2,
      retries: 2,
      eta: "2020-01-01T00:00:00+00:00",
      expires: "2020-01-01T00:00:00+00:00",
      own: 1,
    };
    expect(revived(message(headers, [[], {}, {}])).headers).toEqual({
      ...v2,
      retries: 0,
      eta: null,
      expires: null,
      own: 1,
    });
    const later = { ...v2, expires: "2100-01-01T00:00:00+00:00" };
    expect(revived(message(later, [[], {}, {}])).headers.expires).toBe(later.expires);
  });

  it("of protocol 1 is changed in its body", () => {
    const body = { task: "t", id: "x", args: [1], retries: 3, expires: "2020-01-01T00:00:00" };
    const again = revived(message({ "x-dead-letter-queue": "q" }, body));
    expect(JSON.parse(again.body.toString())).toEqual({ ...body, retries: 0, eta: null, expires: null });
    expect(again.headers).toEqual({ "x-dead-letter-queue": "q" });
  });

  it("keeps bytes that are no task", () => {
    expect(revived(message({}, "not json")).body.toString()).toBe("not json");
  });
});
