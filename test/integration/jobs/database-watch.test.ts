import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../../src/jobs/database.js";
import { DatabaseWatch } from "../../../src/jobs/database-watch.js";
import { migrate } from "../../../src/jobs/migrator.js";
import { JobRepository } from "../../../src/jobs/repository.js";
import type { JobsDatabase } from "../../../src/jobs/schema.js";
import { Outage } from "../../../src/postgres/outage.js";
import { usePrivateServices } from "../../support/services.js";
import { canMount, SmallDisk } from "../../support/small-disk.js";
import { waitUntil } from "../../support/wait-until.js";

const services = usePrivateServices({ postgres: true });
let database: Kysely<JobsDatabase>;
let named: unknown[] = [];
let watch: DatabaseWatch;

beforeAll(async () => {
  database = openDatabase({ url: services.current.databaseUrl });
  await migrate(database);
  await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(database);
});
afterAll(() => database.destroy());

function freshWatch(on = database): DatabaseWatch {
  named = [];
  watch = new DatabaseWatch(on, new Outage({ warn: (line) => named.push(line.problem), info: () => named.push(null) }));
  return watch;
}

test("looking changes nothing, fires no trigger and makes no transaction id", async () => {
  await sql
    .raw(`create table fired (at timestamp);
    create function fire() returns trigger language plpgsql as $$ begin insert into fired values (now()); return null; end $$;
    create trigger a after insert or update or delete on jobs for each statement execute function fire();
    create trigger b after insert or update or delete on solver_solutions for each statement execute function fire()`)
    .execute(database);
  const id = await new JobRepository(database).insert({ userId: "u", jobType: "SPOT_SIMULATION", inputData: 1 });
  const row = await new JobRepository(database).find(id);
  const fired = await sql`select count(*) from fired`.execute(database);
  const next = async () =>
    (await sql<{ id: string }>`select txid_snapshot_xmax(txid_current_snapshot())::text as id`.execute(database)).rows;
  const before = await next();
  expect(await freshWatch().look()).toBeNull();
  expect(await next()).toEqual(before);
  expect(await sql`select count(*) from fired`.execute(database)).toEqual(fired);
  expect(await new JobRepository(database).find(id)).toEqual(row);
  const settings = sql`select name from pg_settings where source = 'session' and name in ('work_mem', 'temp_tablespaces')`;
  expect((await settings.execute(database)).rows).toEqual([]);
});

test("a server that is away at the start is named at once, and its return without being asked", async () => {
  await services.current.stopDatabase();
  try {
    expect(await freshWatch().look()).toMatchObject({ problem: "unreachable" });
    expect(named).toEqual(["unreachable"]);
  } finally {
    await services.current.startDatabase();
  }
  await waitUntil(() => named.at(-1) === null, "the return");
  watch.stop();
});

test("a hot standby takes no writes, and is named for that", async () => {
  const signal = join(services.current.folder, "postgres/data/standby.signal");
  await services.current.stopDatabase();
  writeFileSync(signal, "");
  await services.current.startDatabase();
  expect(await freshWatch().look()).toMatchObject({ problem: "read-only", reason: expect.stringContaining("(25006)") });
  await services.current.stopDatabase();
  rmSync(signal);
  await services.current.startDatabase();
  await waitUntil(() => named.at(-1) === null, "the end of the standby");
  watch.stop();
});

test.skipIf(!canMount())("a full disk is seen although nobody writes", async () => {
  const disk = await SmallDisk.open(services.current);
  const own = openDatabase({ url: disk.databaseUrl });
  try {
    await migrate(own);
    expect(await freshWatch(own).look()).toBeNull();
    watch.stop();
    disk.fill();
    expect(await freshWatch(own).look()).toMatchObject({ problem: "full", reason: expect.stringContaining("(53100)") });
    disk.empty();
    await waitUntil(() => named.at(-1) === null, "space again");
    expect(named).toEqual(["full", null]);
  } finally {
    watch.stop();
    await own.destroy();
    await disk.close();
  }
});
