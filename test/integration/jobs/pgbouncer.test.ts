import { type Kysely, sql } from "kysely";
import pg from "pg";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DatabaseBackend } from "../../../src/celery/results/database.js";
import { openDatabase } from "../../../src/jobs/database.js";
import { migrate } from "../../../src/jobs/migrator.js";
import { insertSolverSolution, JobRepository } from "../../../src/jobs/repository.js";
import type { JobsDatabase } from "../../../src/jobs/schema.js";
import { untilAvailable } from "../../../src/postgres/availability.js";
import { usePrivateServices } from "../../support/services.js";

/** One server session for all: whatever one client leaves in it, the next one finds. */
const services = usePrivateServices({ postgres: true });
const FRESH = { takesOver: false, staleAfterSeconds: 60 };
let url: string;
let database: Kysely<JobsDatabase>;
let other: pg.Client;

beforeAll(async () => {
  url = (await services.current.startPgbouncer({ poolSize: 1 })).url;
  database = openDatabase({ url, statementTimeoutSeconds: 1 });
  other = new pg.Client({ connectionString: url });
  await other.connect();
});
afterAll(async () => {
  await database.destroy();
  await other.end();
});

/** What another client of the pooler finds in the session that all of them use. */
async function session(): Promise<unknown> {
  const { rows: settings } = await other.query(
    "select name, setting from pg_settings where source in ('session', 'client') order by name",
  );
  const { rows: locks } = await other.query("select count(*)::int as n from pg_locks where locktype = 'advisory'");
  const { rows: prepared } = await other.query("select name from pg_prepared_statements");
  return { settings, locks, prepared };
}

async function jobOf(repository: JobRepository): Promise<string> {
  return await repository.insert({ userId: "u", jobType: "SOLVER_ANALYSIS", inputData: { n: 1 } });
}

test("migrations and the whole life of a job leave nothing in a session that others use", async () => {
  const before = await session();
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(database)));
  expect(outcomes.flatMap(({ carriedOut }) => carriedOut)).toEqual([
    "001-backend-tables",
    "002-solution-look-up",
    "003-flop-reports",
  ]);
  expect(await session()).toEqual(before);

  await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(database);
  const repository = new JobRepository(database);
  const id = await jobOf(repository);
  const claim = await repository.claim(id, "SOLVER_ANALYSIS", FRESH);
  if (claim.kind !== "claimed") throw new Error(claim.kind);
  expect(await repository.progress(claim.job, 5, "x")).toBe("held");
  const solution = { userId: "u", name: "n", gameState: {}, solution: {}, iterations: 1, solveTimeSeconds: 0 };
  const alongside = (transaction: Kysely<JobsDatabase>) => insertSolverSolution(transaction, solution);
  expect(await repository.complete(claim.job, [1], alongside)).toBe("held");
  expect(await repository.list()).toHaveLength(1);
  expect(await session()).toEqual(before);
});

test("a transaction that fails is rolled back, and its session serves the next statement", async () => {
  const repository = new JobRepository(database);
  const id = await jobOf(repository);
  const claim = await repository.claim(id, "SOLVER_ANALYSIS", FRESH);
  if (claim.kind !== "claimed") throw new Error(claim.kind);
  const failing = repository.complete(claim.job, [1], () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(await repository.find(id)).toMatchObject({ status: "PROCESSING" });
  await expect(sql`select * from nothing_here`.execute(database)).rejects.toMatchObject({ code: "42P01" });
  expect(await repository.complete(claim.job, [1])).toBe("held");
  expect((await other.query("select txid_current_if_assigned() as id")).rows).toEqual([{ id: null }]);
});

test("a statement has its time limit all the same, and commits durably", async () => {
  await expect(sql`select pg_sleep(20)`.execute(database)).rejects.toMatchObject({ code: "57014" });
  const inside = await sql<{ commit: string }>`select current_setting('synchronous_commit') as commit`.execute(
    database,
  );
  const outside = await other.query("select current_setting('synchronous_commit') as commit");
  expect([inside.rows, outside.rows]).toEqual([[{ commit: "on" }], [{ commit: "off" }]]);
});

test("one client's session settings do not reach the other's timestamps", async () => {
  await other.query("set datestyle = 'SQL, DMY'; set timezone = 'Asia/Kathmandu'");
  const repository = new JobRepository(database);
  const id = await jobOf(repository);
  const claim = await repository.claim(id, "SOLVER_ANALYSIS", FRESH);
  if (claim.kind !== "claimed") throw new Error(claim.kind);
  await other.query("reset datestyle; reset timezone");
  expect(Math.abs(Date.parse(`${claim.job.token.replace(" ", "T")}Z`) - Date.now())).toBeLessThan(60_000);
  expect(await repository.find(id)).toMatchObject({ started_at: claim.job.token });
  expect(await repository.complete(claim.job, [])).toBe("held");
});

test("many at once share the one session, and complete each job once", async () => {
  const repository = new JobRepository(database);
  const ids = await Promise.all(Array.from({ length: 20 }, () => jobOf(repository)));
  const claims = await Promise.all(
    ids.flatMap((id) => [1, 2].map(() => repository.claim(id, "SOLVER_ANALYSIS", FRESH))),
  );
  const won = claims.flatMap((claim) => (claim.kind === "claimed" ? [claim.job] : []));
  expect(won.map(({ jobId }) => jobId).sort()).toEqual([...ids].sort());
  expect(await Promise.all(won.map((job) => repository.complete(job, [])))).toEqual(won.map(() => "held"));
});

test("a pooler that takes fewer clients than come is waited for", async () => {
  const narrow = await services.current.startPgbouncer({ poolSize: 1, maxClients: 2 });
  const own = openDatabase({ url: narrow.url, poolSize: 10 });
  try {
    const repository = new JobRepository(own);
    const refused: string[] = [];
    const claimOf = async () => {
      const id = await jobOf(new JobRepository(database));
      const onUnavailable = (error: Error) => refused.push(error.message);
      return await untilAvailable(() => repository.claim(id, "SOLVER_ANALYSIS", FRESH), { onUnavailable });
    };
    const claims = await Promise.all(Array.from({ length: 20 }, claimOf));
    expect(claims.map(({ kind }) => kind)).toEqual(claims.map(() => "claimed"));
    expect(refused).toContainEqual(expect.stringContaining("no more connections allowed"));
  } finally {
    await own.destroy();
  }
});

test("results are stored and read through it, and leave nothing behind", async () => {
  const before = await session();
  const backend = new DatabaseBackend({
    url: `db+${url}`,
    log: pino({ level: "silent" }),
    serializer: "json",
    expiresSeconds: 3600,
    extended: false,
    tables: { task: "celery_taskmeta", group: "celery_tasksetmeta", taskSchema: null, groupSchema: null },
  });
  try {
    await backend.start();
    const target = {
      id: "00000000-0000-4000-8000-000000000000",
      task: "t",
      correlationId: null,
      replyTo: null,
      parentId: null,
      group: null,
      groupIndex: null,
      args: [],
      kwargs: {},
      hostname: "h",
      retries: 0,
      queue: "q",
    };
    await backend.store(target, { status: "SUCCESS", result: { a: 1 }, traceback: null, children: [] });
    const stored = await backend.get(target.id);
    expect(stored).toMatchObject({ status: "SUCCESS", result: { a: 1 } });
    expect(Math.abs(Date.parse(String(stored?.details?.dateDone?.toISOString())) - Date.now())).toBeLessThan(60_000);
    expect(await session()).toEqual(before);
  } finally {
    await backend.close();
  }
});

test("a direct connection pays for none of this: its session is its own", async () => {
  const direct = openDatabase({ url: services.current.databaseUrl, statementTimeoutSeconds: 7, poolSize: 1 });
  try {
    const { rows } = await sql`select current_setting('statement_timeout') as timeout,
      txid_current_if_assigned() as transaction, now() = statement_timestamp() as single`.execute(direct);
    expect(rows).toEqual([{ timeout: "7s", transaction: null, single: true }]);
  } finally {
    await direct.destroy();
  }
});
