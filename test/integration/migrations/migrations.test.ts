import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findPostgresBin } from "../../../scripts/local/postgres.js";
import { openDatabase } from "../../../src/jobs/database.js";
import { MigrationError } from "../../../src/jobs/errors.js";
import { databaseStatus, migrate } from "../../../src/jobs/migrator.js";
import { JobRepository } from "../../../src/jobs/repository.js";
import type { JobsDatabase } from "../../../src/jobs/schema.js";
import { runCelery } from "../../support/celery-command.js";
import { useDatabase } from "../../support/services.js";

const target = useDatabase();
const LIVE_SCHEMA = readFileSync(new URL("alembic-schema.sql", import.meta.url), "utf8");
let database: Kysely<JobsDatabase>;

beforeAll(() => {
  database = openDatabase({ url: target.url });
});
afterAll(() => database.destroy());
beforeEach(() => sql`drop schema public cascade; create schema public`.execute(database));

function dumpSchema(): string {
  const text = execFileSync(join(findPostgresBin() ?? "", "pg_dump"), ["--schema-only", target.url], {
    encoding: "utf8",
  });
  // Newer versions of pg_dump put a random key on these two lines.
  return text.replace(/^\\(un)?restrict .*$/gm, "");
}

async function useLiveSchema(): Promise<void> {
  await sql.raw(LIVE_SCHEMA).execute(database);
}

async function runJob(): Promise<string | undefined> {
  const repository = new JobRepository(database);
  await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(database);
  const id = await repository.insert({ userId: "u", jobType: "SPOT_SIMULATION", inputData: {} });
  const claim = await repository.claim(id, "SPOT_SIMULATION", { takesOver: false, staleAfterSeconds: 60 });
  return claim.kind === "claimed" ? await repository.complete(claim.job, []) : claim.kind;
}

describe("an empty database", () => {
  test("gets tables, types and indexes on which a job runs", async () => {
    const { status, carriedOut } = await migrate(database);
    expect(carriedOut).toEqual(["001-backend-tables", "002-solution-look-up", "003-flop-reports"]);
    expect(status).toEqual({
      owner: "worker",
      alembicRevision: null,
      missing: [],
      applied: carriedOut,
      pending: [],
    });
    const { rows } = await sql<{ name: string }>`select indexname as name from pg_indexes`.execute(database);
    expect(rows.map((row) => row.name)).toEqual(
      expect.arrayContaining([
        "idx_jobs_user_id",
        "idx_jobs_status",
        "idx_jobs_job_type",
        "idx_jobs_created_at",
        "idx_solver_solutions_user_id",
        "idx_solver_solutions_description",
      ]),
    );
    expect(await runJob()).toBe("held");
  });

  test("has the columns, types and nullability of the backend's", async () => {
    const columns = async (): Promise<unknown[]> => {
      const { rows } = await sql`
        select table_name, column_name, data_type, udt_name, character_maximum_length, is_nullable
        from information_schema.columns where table_name in ('jobs', 'solver_solutions') order by 1, 2`.execute(
        database,
      );
      return rows;
    };
    await migrate(database);
    const ours = await columns();
    await sql`drop schema public cascade; create schema public`.execute(database);
    await useLiveSchema();
    expect(ours).toEqual(await columns());
  });

  test("migrated twice, or by many at once, is migrated once", async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => migrate(database)));
    expect(outcomes.flatMap((outcome) => outcome.carriedOut)).toHaveLength(3);
    const before = dumpSchema();
    expect((await migrate(database)).carriedOut).toEqual([]);
    expect(dumpSchema()).toBe(before);
  });

  test("made by an older worker gets the index of the look-up, which the look-up uses", async () => {
    await migrate(database);
    await sql`drop index idx_solver_solutions_description`.execute(database);
    await sql`delete from celery_worker_migration where name = '002-solution-look-up'`.execute(database);
    expect((await migrate(database)).carriedOut).toEqual(["002-solution-look-up"]);
    const plan = await database.transaction().execute(async (transaction) => {
      await sql`set local enable_seqscan = off`.execute(transaction);
      const { rows } = await sql<Record<string, string>>`
        explain select solution from solver_solutions where description = 'game_state_hash=x'
        order by created_at desc limit 3`.execute(transaction);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    expect(plan).toContain("idx_solver_solutions_description");
  });
});

describe("a database that the backend made", () => {
  test("is left byte for byte as it was, and serves", async () => {
    await useLiveSchema();
    const before = dumpSchema();
    const { status, carriedOut } = await migrate(database);
    expect(carriedOut).toEqual([]);
    expect(status).toMatchObject({ owner: "backend", alembicRevision: "a1b2c3d4e5f6", missing: [] });
    expect(dumpSchema()).toBe(before);
    expect(await runJob()).toBe("held");
    expect(dumpSchema()).toBe(before);
  });

  test("is left as it was also where an index is missing, a type has more labels and there is no alembic_version", async () => {
    await useLiveSchema();
    await sql`drop table alembic_version; drop index idx_jobs_status`.execute(database);
    await sql`alter type jobstatus add value 'PAUSED'`.execute(database);
    const before = dumpSchema();
    expect((await migrate(database, { createMissing: true })).status.owner).toBe("backend");
    expect(dumpSchema()).toBe(before);
  });

  test("and that lacks a table is changed only on request", async () => {
    await useLiveSchema();
    await sql`drop table solver_solutions`.execute(database);
    const before = dumpSchema();
    await expect(migrate(database)).rejects.toThrow(
      new MigrationError(
        "the backend's database lacks solver_solutions: run the backend's own migrations (alembic upgrade head), or let `celery db migrate --create-missing` create what is missing",
      ),
    );
    expect(dumpSchema()).toBe(before);
    await migrate(database, { createMissing: true });
    expect((await databaseStatus(database)).missing).toEqual([]);
    expect((await databaseStatus(database)).owner).toBe("backend");
  });

  test("gets the table of reports on request, and nothing else", async () => {
    await useLiveSchema();
    const tables = async () => {
      const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables
        where schemaname = 'public' order by name`.execute(database);
      return rows.map(({ name }) => name);
    };
    const before = await tables();
    expect((await migrate(database, { reports: true })).carriedOut).toEqual(["003-flop-reports"]);
    expect(await tables()).toEqual([...before, "solver_report_flops"].sort());
    const after = dumpSchema();
    await migrate(database, { reports: true });
    expect(dumpSchema()).toBe(after);
  });

  test("and that lacks a column is refused with the column's name", async () => {
    await useLiveSchema();
    await sql`alter table jobs drop column progress_message`.execute(database);
    await expect(migrate(database, { createMissing: true })).rejects.toThrow(/lacks jobs\.progress_message/);
  });
});

describe("celery db", () => {
  const run = (args: string[], url = target.url) => runCelery(["db", ...args], { DATABASE_URL: url });

  test("status tells what to do, migrate does it", async () => {
    expect(await run(["status"])).toMatchObject({ code: 1, stdout: expect.stringContaining("celery db migrate") });
    expect(await run(["migrate"])).toMatchObject({
      code: 0,
      stdout:
        "applied 001-backend-tables, 002-solution-look-up, 003-flop-reports: the tables were made by this worker and are complete (3 migrations applied)\n",
    });
    const status = await run(["status", "--json"]);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ owner: "worker", missing: [], pending: [] });
  });

  test("names an unreachable database in one sentence without its password", async () => {
    const result = await run(["status"], "postgresql://plo:secretword@127.0.0.1:1/none");
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(
      /^Error: the database postgresql:\/\/plo:\*\*\*@127\.0\.0\.1:1\/none cannot be used: .*ECONNREFUSED.*\n$/,
    );
    expect(result.stderr).not.toContain("secretword");
    expect((await run(["migrate"], "")).stderr).toContain("DATABASE_URL is not set");
  });
});
