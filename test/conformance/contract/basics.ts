import { expect, it } from "vitest";
import { waitUntil } from "../../support/wait-until.js";
import type { Call, Peer } from "./peer.js";
import type { Contract, Language } from "./setup.js";

export const task = (name: string, ...args: unknown[]): Call => ({ task: `c.${name}`, args });
export const immutable = (name: string, ...args: unknown[]): Call => ({ task: `c.${name}`, args, immutable: true });

/** Runs a canvas and waits for its result. */
export async function run(client: Peer, call: Call, protocol: 1 | 2 = 2): Promise<unknown> {
  const sent = await client.apply(call, protocol);
  const got = await client.get(sent.id);
  if ("error" in got) throw new Error(`the task failed with ${JSON.stringify(got.error)}`);
  return got.value;
}

/** Tasks, results, errors, retries, options: what needs no canvas. */
export function describeBasics(contract: Contract, language: Language, backend: "redis" | "rpc"): void {
  const client = () => contract.client(language);

  it("passes arguments and results through unchanged", async () => {
    const args = ["häß \u{1F600}", 1.5, -3, 2 ** 40, true, null, [1, [2]], { a: { b: [] } }];
    const call: Call = { task: "c.echo", args, kwargs: { x: "é", y: [1] } };
    expect(await run(client(), call)).toEqual([args, { x: "é", y: [1] }]);
  });

  it("raises a task's error with type, arguments and traceback", async () => {
    const sent = await client().apply(task("fail"));
    expect(await client().get(sent.id)).toMatchObject({ error: { type: "ValueError", args: ["contract", 7] } });
    const info = await client().info(sent.id);
    expect(info.state).toBe("FAILURE");
    expect(info.traceback).toContain("contract");
  });

  it("raises errors that only the other side knows", async () => {
    const got = await client().get((await client().apply(task("fail_custom"))).id);
    expect(got).toMatchObject({ error: { type: "ContractError", args: ["custom", { code: 3 }] } });
  });

  it("fails a task that is not registered", async () => {
    const got = await client().get((await client().apply(task("missing"))).id);
    expect(got).toMatchObject({ error: { type: "NotRegistered", args: ["c.missing"] } });
  });

  it("retries until it succeeds", async () => {
    expect(await run(client(), task("retry", 2))).toBe(2);
  });

  it("raises the given error, or MaxRetriesExceededError, when no attempt is left", async () => {
    const [given, none] = await Promise.all([client().apply(task("retry_error")), client().apply(task("retry_out"))]);
    expect(await client().get(given.id)).toMatchObject({ error: { type: "KeyError", args: ["contract"] } });
    expect(await client().get(none.id)).toMatchObject({ error: { type: "MaxRetriesExceededError" } });
  });

  it("carries options to the task", async () => {
    const options = { shadow: "other", timeLimit: 30, softTimeLimit: 20, priority: 3, headers: { custom: "mine" } };
    const sent = await client().apply({ ...task("request"), options });
    expect(await client().get(sent.id)).toMatchObject({
      value: {
        id: sent.id,
        task: "c.request",
        root_id: sent.id,
        parent_id: null,
        group: null,
        retries: 0,
        correlation_id: sent.id,
        timelimit: [30, 20],
        shadow: "other",
        priority: 3,
      },
    });
  });

  it("compresses, and reads what is compressed", async () => {
    const long = "x".repeat(5000);
    for (const compression of language === "python" ? ["gzip", "bzip2", "lzma"] : ["gzip", "zlib"])
      expect(await run(client(), { ...task("identity", long), options: { compression } })).toBe(long);
  });

  it("sends and reads protocol 1", async () => {
    expect(await run(client(), { ...task("add", 1, 2), options: { countdown: 0.05 } }, 1)).toBe(3);
    expect(await run(client(), { chain: [task("add", 1, 2), task("add", 3), task("add", 4)] }, 1)).toBe(10);
  });

  it("waits for a countdown", async () => {
    const before = Date.now();
    expect(await run(client(), { ...task("add", 1, 2), options: { countdown: 0.3 } })).toBe(3);
    expect(Date.now() - before).toBeGreaterThanOrEqual(300);
  });

  it("revokes a task that waits, and one that has expired", async () => {
    const waiting = await client().apply({ ...task("add", 1, 2), options: { countdown: 1.2 } });
    await client().revoke(waiting.id);
    expect(await client().get(waiting.id)).toMatchObject({ error: { type: "TaskRevokedError", args: ["revoked"] } });
    const late = await client().apply({ ...task("add", 1, 2), options: { countdown: 1, expires: 0.1 } });
    const got = await client().get(late.id);
    expect(got).toMatchObject({ error: { type: "TaskRevokedError", args: ["expired"] } });
  });

  it("names as children what the handler sent", async () => {
    const sent = await client().apply(task("children"));
    expect(await client().get(sent.id)).toEqual({ value: "parent" });
    const { children } = await client().info(sent.id);
    expect(children).toMatchObject([
      { parent: null, members: null },
      { parent: null, members: [{ members: null }, { members: null }] },
    ]);
    const [child] = children as [{ id: string }];
    if (backend === "redis") expect(await client().get(child.id)).toEqual({ value: 2 });
  });

  if (backend === "redis") describeStored(contract, language);
}

function describeStored(contract: Contract, language: Language): void {
  const client = () => contract.client(language);

  it("shows the state that a running task sets", async () => {
    const { id } = await client().apply(task("progress"));
    const info = await waitUntil(async () => {
      const current = await client().info(id);
      return current.state === "PENDING" ? null : current;
    }, "a state");
    expect(info).toMatchObject({ state: "PROGRESS", result: { done: 3 } });
    expect(await client().get(id)).toEqual({ value: "done" });
  });

  it("stores nothing for a task that ignores its results, and forgets what it is told to", async () => {
    // As a client sends a task that it knows to be such; from Celery 5.6.3 on a worker obeys the message alone.
    const ignored = await client().apply({ ...task("ignored"), options: { ignoreResult: true } });
    const stored = await client().apply(task("add", 1, 1));
    expect(await client().get(stored.id)).toEqual({ value: 2 });
    expect((await client().info(ignored.id)).state).toBe("PENDING");
    await client().forget(stored.id);
    expect((await client().info(stored.id)).state).toBe("PENDING");
  });
}
