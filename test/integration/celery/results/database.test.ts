import { randomUUID } from "node:crypto";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeException } from "../../../../src/celery/protocol/exception.js";
import type { ResultTuple } from "../../../../src/celery/results/backend.js";
import { DatabaseBackend, type DatabaseBackendOptions } from "../../../../src/celery/results/database.js";
import { useDatabase, usePrivateServices } from "../../../support/services.js";
import { waitUntil } from "../../../support/wait-until.js";
import { python, pythonReads } from "./python-backend.js";
import { success, target } from "./target.js";

const log = pino({ level: "silent" });
const opened: DatabaseBackend[] = [];
const tables = { task: "celery_taskmeta", group: "celery_tasksetmeta", taskSchema: null, groupSchema: null };

async function open(url: string, options: Partial<DatabaseBackendOptions> = {}): Promise<DatabaseBackend> {
  const backend = new DatabaseBackend({
    url: `db+${url}`,
    log,
    serializer: "json",
    expiresSeconds: 86_400,
    extended: false,
    tables,
    pollMs: 20,
    ...options,
  });
  opened.push(backend);
  await backend.start();
  return backend;
}

/** SQLAlchemy knows the dialect as postgresql only. */
function pythonUrl(url: string): string {
  return `db+${url.replace(/^postgres:/, "postgresql:")}`;
}

describe("results in PostgreSQL", () => {
  const database = useDatabase();
  const extendedDatabase = useDatabase();
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await Promise.all(opened.map((backend) => backend.close()));
    await client.end();
  });

  it("are read by a Python client, in tables that we made", async () => {
    const backend = await open(database.url);
    const [good, bad] = [target(), target()];
    const value = { a: [1, 2.5, "é", null, true, 2n ** 80n], b: {}, c: Buffer.from([0, 255]) };
    await backend.store(good, success(value));
    const error = encodeException(new TypeError("no"));
    await backend.store(bad, {
      status: "FAILURE",
      result: error,
      traceback: "TypeError: no\u0000\n  at x",
      children: [],
    });

    const views = await pythonReads(pythonUrl(database.url), [good.id, bad.id]);
    expect(views[0]).toMatchObject({ state: "SUCCESS" });
    expect(views[0]?.value).toMatchObject({ a: [1, 2.5, "é", null, true, Number(2n ** 80n)], b: {} });
    expect(views[1]).toMatchObject({ state: "FAILURE", error: ["TypeError", "builtins", ["no"]] });
    expect(views[1]?.traceback).toBe("TypeError: no\n  at x");
    const { rows } = await client.query(
      "SELECT abs(extract(epoch FROM timezone('utc', now()) - date_done)) AS age FROM celery_taskmeta",
    );
    for (const { age } of rows) expect(Number(age)).toBeLessThan(60);
  });

  it("have an index on the time they are cleaned up by, in tables that we made and in no others", async () => {
    await open(database.url);
    await client.query("CREATE TABLE older (LIKE celery_taskmeta)");
    await open(database.url, { tables: { ...tables, task: "older", group: 'new"er' } });
    const { rows } = await client.query(
      "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%(date_done)' ORDER BY 1",
    );
    expect(rows.map(({ indexname }) => indexname)).toEqual([
      "ix_celery_taskmeta_date_done",
      "ix_celery_tasksetmeta_date_done",
      'ix_new"er_date_done',
    ]);
  });

  it("of a Python worker are read, in tables that Python made", async () => {
    const url = extendedDatabase.url;
    const [good, bad, odd, later] = [randomUUID(), randomUUID(), randomUUID(), target()];
    await python({
      do: "store",
      backend: pythonUrl(url),
      extended: true,
      items: [
        { id: good, state: "SUCCESS", result: { n: [5, 1.5, "é", null] } },
        { id: bad, state: "FAILURE", error: "CustomError", result: ["x", 1], traceback: "tb" },
        { id: odd, state: "STARTED", result: { pid: 1 } },
      ],
    });
    const backend = await open(url, { extended: true });
    expect(await backend.get(good)).toMatchObject({ status: "SUCCESS", result: { n: [5, 1.5, "é", null] } });
    expect(await backend.get(bad)).toMatchObject({
      status: "FAILURE",
      result: { exc_type: "CustomError", exc_message: ["x", 1] },
      traceback: "tb",
    });
    await backend.store(target({ id: odd }), success("done"));
    await backend.store(later, success(1));
    const views = await pythonReads(pythonUrl(url), [odd, later.id], { extended: true });
    expect(views[0]).toMatchObject({ state: "SUCCESS", value: "done" });
    expect(views[1]?.extended).toEqual({
      name: "test.add",
      args: [2, 3],
      kwargs: { x: "é" },
      worker: "celery@test",
      retries: 1,
      queue: "spot_simulation",
    });
  });

  it("are refused when their pickle names a class", async () => {
    const backend = await open(database.url);
    const id = randomUUID();
    // A pickled datetime.date.
    const pickle = Buffer.from(
      "80049520000000000000008c086461746574696d65948c0464617465949394430407e8010294859452942e",
      "hex",
    );
    await client.query(
      "INSERT INTO celery_taskmeta (id, task_id, status, result) VALUES (nextval('task_id_sequence'), $1, 'SUCCESS', $2)",
      [id, pickle],
    );
    await expect(backend.get(id)).rejects.toMatchObject({ code: "CELERY_DECODE" });
  });

  it("follow the states of a task in one row", async () => {
    const backend = await open(database.url);
    const task = target();
    await backend.store(task, { status: "STARTED", result: { pid: 1 }, traceback: null, children: [] });
    const started = await client.query("SELECT date_done FROM celery_taskmeta WHERE task_id = $1", [task.id]);
    expect(started.rows).toEqual([{ date_done: null }]);
    await backend.store(task, success(1));
    const done = await client.query("SELECT status FROM celery_taskmeta WHERE task_id = $1", [task.id]);
    expect(done.rows).toEqual([{ status: "SUCCESS" }]);
    await backend.forget(task.id);
    expect(await backend.get(task.id)).toBeNull();
  });

  it("reach waiting readers, or the wait is ended", async () => {
    const backend = await open(database.url);
    const [task, never] = [target(), target()];
    const controller = new AbortController();
    const states: string[] = [];
    const waiting = backend.waitFor(task.id, { onState: ({ status }) => states.push(status) });
    const aborted = backend.waitFor(never.id, { signal: controller.signal });
    await backend.store(task, success(7));
    expect(await waiting).toMatchObject({ status: "SUCCESS", result: 7 });
    expect(states).toEqual(["SUCCESS"]);
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const closed = backend.waitFor(never.id);
    const rejected = expect(closed).rejects.toThrow("closed");
    await backend.close();
    await rejected;
  });

  it("that cannot be pickled are refused before anything is written", async () => {
    const backend = await open(database.url);
    const task = target();
    await expect(backend.store(task, success(new Set([1])))).rejects.toMatchObject({ code: "CELERY_ENCODE" });
    expect(await backend.get(task.id)).toBeNull();
  });

  it("are made by many workers at once in an empty schema of their own", async () => {
    await client.query("CREATE SCHEMA results");
    const names = { task: "tasks", group: "groups", taskSchema: "results", groupSchema: "results" };
    const backends = await Promise.all(Array.from({ length: 6 }, () => open(database.url, { tables: names })));
    const task = target();
    await Promise.all(backends.map((backend, index) => backend.store(task, success(index))));
    const { rows } = await client.query("SELECT count(*)::int AS n FROM results.tasks");
    expect(rows).toEqual([{ n: 1 }]);
  });

  it("are cleaned up once they are older than result_expires", async () => {
    const backend = await open(database.url, { expiresSeconds: 3600 });
    const [old, young] = [target(), target()];
    await backend.store(old, success(1));
    await backend.store(young, success(1));
    await client.query("UPDATE celery_taskmeta SET date_done = date_done - interval '2 hours' WHERE task_id = $1", [
      old.id,
    ]);
    await backend.cleanup();
    expect(await backend.get(old.id)).toBeNull();
    expect(await backend.get(young.id)).not.toBeNull();
  });

  it("wait for a table that is renamed and for a privilege that is missing, and say so", async () => {
    await client.query("CREATE SCHEMA away");
    const names = { task: "tasks", group: "groups", taskSchema: "away", groupSchema: "away" };
    await (await open(database.url, { tables: names })).close();
    const role = `role_${randomUUID().slice(0, 8)}`;
    const all = `ALL ON ALL TABLES IN SCHEMA away`;
    await client.query(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA away TO ${role};
      GRANT ${all} TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA away TO ${role}`);
    const url = new URL(database.url);
    url.username = role;
    // A role that may create nothing serves where everything is there.
    const backend = await open(url.href, { tables: names });
    for (const [begin, problem, end] of [
      ["ALTER TABLE away.tasks RENAME TO gone", "schema", "ALTER TABLE away.gone RENAME TO tasks"],
      [`REVOKE ${all} FROM ${role}`, "privilege", `GRANT ${all} TO ${role}`],
    ] as const) {
      const task = target();
      await client.query(begin);
      const stored = backend.store(task, success(problem));
      await waitUntil(() => backend.trouble?.problem === problem, `the problem ${problem}`);
      await client.query(end);
      await stored;
      expect(await backend.get(task.id)).toMatchObject({ result: problem });
      expect(backend.trouble).toBeNull();
    }
  });

  it("are told at the start when they can be kept nowhere", async () => {
    const names = { task: "tasks", group: "groups", taskSchema: "nowhere", groupSchema: "nowhere" };
    await expect(open(database.url, { tables: names })).rejects.toMatchObject({ code: "3F000" });
  });

  it("are read whatever the server's DateStyle says", async () => {
    await client.query(
      `ALTER ROLE CURRENT_USER IN DATABASE ${new URL(database.url).pathname.slice(1)} SET datestyle = 'SQL, DMY'`,
    );
    const backend = await open(database.url);
    const task = target();
    await backend.store(task, success(1));
    const stored = await backend.get(task.id);
    expect(Math.abs(Number(stored?.details?.dateDone) - Date.now())).toBeLessThan(60_000);
  });

  it("save groups as plain values and refuse those that Python pickled", async () => {
    const backend = await open(database.url);
    const [ours, theirs] = [randomUUID(), randomUUID()];
    const group: ResultTuple = [[ours, null], [[["a", null], null]]];
    await backend.saveGroup(ours, group);
    expect(await backend.restoreGroup(ours)).toEqual(group);
    await backend.deleteGroup(ours);
    expect(await backend.restoreGroup(ours)).toBeNull();
    await python({ do: "save_group", backend: pythonUrl(database.url), group: theirs, ids: ["c"] });
    await expect(backend.restoreGroup(theirs)).rejects.toMatchObject({ code: "CELERY_DECODE" });
  });

  it("are refused for another database", () => {
    expect(
      () =>
        new DatabaseBackend({
          url: "db+mysql://user:secret@host/db",
          log,
          serializer: "json",
          expiresSeconds: null,
          extended: false,
          tables,
        }),
    ).toThrow(/^(?!.*secret).*postgresql/);
  });
});

describe("a PostgreSQL that goes away", () => {
  const services = usePrivateServices({ postgres: true });

  it("holds stores and waits until it is back", async () => {
    const backend = await open(services.current.databaseUrl);
    const [before, task] = [target(), target()];
    await backend.store(before, success(1));
    const waiting = backend.waitFor(task.id);
    await services.current.stopDatabase();
    const storing = backend.store(task, success(2));
    await services.current.startDatabase();
    await storing;
    expect(await waiting).toMatchObject({ result: 2 });
    await services.current.stopDatabase();
    const late = backend.store(target(), success(3));
    const rejected = expect(late).rejects.toThrow();
    await backend.close();
    await rejected;
    await services.current.startDatabase();
  });
});
