import { expect, it } from "vitest";
import { CallQueue } from "../../../../src/celery/executor/call-queue.js";
import type { Call } from "../../../../src/celery/executor/pool-thread.js";

let lastId = 0;

function call(owner: string): Call {
  return {
    id: ++lastId,
    owner,
    module: "file:///kernel.js",
    background: false,
    input: null,
    cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
    onProgress: undefined,
    resolve: () => undefined,
    reject: () => undefined,
  };
}

function queueOf(...owners: string[]): CallQueue {
  const queue = new CallQueue();
  for (const owner of owners) queue.add(call(owner));
  return queue;
}

it("serves owners in turn", () => {
  const queue = queueOf("a", "a", "a", "b", "b", "c");
  const order: (string | undefined)[] = [];
  for (let taken = queue.take(); taken !== null; taken = queue.take()) {
    order.push(taken.owner);
    queue.ended(taken.owner);
  }
  expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
});

it("serves an owner that computes nothing before one that does, and knows whether there is one", () => {
  const queue = queueOf("long", "long", "long");
  queue.take();
  expect(queue.isStarving).toBe(false);
  queue.add(call("short"));
  expect(queue.isStarving).toBe(true);
  expect(queue.take()?.owner).toBe("short");
  expect(queue.isStarving).toBe(false);
  expect(queue.take()?.owner).toBe("long");
});

it("gives up a call that has not started, and only such a one", () => {
  const queue = new CallQueue();
  const [first, second] = [call("a"), call("a")];
  queue.add(first);
  queue.add(second);
  expect(queue.take()).toBe(first);
  expect(queue.remove(first)).toBe(false);
  expect(queue.remove(second)).toBe(true);
  expect([queue.size, queue.take()]).toEqual([0, null]);
});

it("hands out what waits when it is cleared", () => {
  const queue = queueOf("a", "b", "a");
  queue.take();
  expect(queue.clear().map(({ owner }) => owner)).toEqual(["a", "b"]);
  expect(queue.size).toBe(0);
});
