import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import { pino } from "pino";
import { expect, test } from "vitest";
import { SoftTimeLimitExceeded, TimeLimitExceeded } from "../../src/celery/errors.js";
import { openDatabase } from "../../src/jobs/database.js";
import { DatabaseWatch } from "../../src/jobs/database-watch.js";
import { migrate } from "../../src/jobs/migrator.js";
import { JobRepository } from "../../src/jobs/repository.js";
import type { JobsDatabase } from "../../src/jobs/schema.js";
import type { DatabaseProblem } from "../../src/postgres/errors.js";
import { Outage } from "../../src/postgres/outage.js";
import { jobTask } from "../../src/tasks/job-task.js";
import { usePrivateServices } from "../support/services.js";
import { canMount, SmallDisk } from "../support/small-disk.js";
import { deliver, TestContext, taskRequest } from "../support/task-context.js";
import { waitUntil } from "../support/wait-until.js";

const services = usePrivateServices({ postgres: true });
/** Longer than three attempts that fail at once, with the pauses between them. */
const FAULT_MS = 6500;

/** Too large for the free space of a page. */
const RESULT = randomBytes(60_000).toString("base64");

/** A database of its own, its superuser, and a role without privileges of its own as which the worker connects. */
class Stage {
  /** What the outage wrote: the problem, or null for its end. */
  readonly named: (string | null)[] = [];
  readonly outage: Outage;
  readonly repository: JobRepository;
  readonly watch: DatabaseWatch;

  private constructor(
    readonly role: string,
    readonly admin: Kysely<JobsDatabase>,
    readonly url: string,
    readonly database: Kysely<JobsDatabase>,
  ) {
    this.outage = new Outage({
      warn: ({ problem }) => this.named.push(String(problem)),
      info: () => this.named.push(null),
    });
    this.repository = new JobRepository(database);
    this.watch = new DatabaseWatch(database, this.outage);
  }

  static async open(url?: string): Promise<Stage> {
    const name = `fault_${crypto.randomUUID().slice(0, 8)}`;
    const adminUrl = url ?? (await services.current.createDatabase(name));
    const admin = openDatabase({ url: adminUrl });
    await migrate(admin);
    await sql`insert into users (id, email) values ('u', 'u@example.com')`.execute(admin);
    await sql
      .raw(`create role ${name} login;
      grant select, insert, update on jobs, solver_solutions, users to ${name}`)
      .execute(admin);
    const workerUrl = new URL(adminUrl);
    workerUrl.username = name;
    const database = openDatabase({ url: workerUrl.href, statementTimeoutSeconds: 1, poolSize: 5 });
    return new Stage(name, admin, adminUrl, database);
  }

  async do(statements: string): Promise<void> {
    await sql.raw(statements.replaceAll("ROLE", this.role)).execute(this.admin);
  }

  /** Ends the worker's sessions, so that what changed of its role holds for all it does. */
  async endSessions(): Promise<void> {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${this.role}`.execute(this.admin);
  }

  async queue(): Promise<string> {
    return await new JobRepository(this.admin).insert({ userId: "u", jobType: "SPOT_SIMULATION", inputData: 1 });
  }

  task(work: () => Promise<unknown>) {
    const settings = { repository: this.repository, log: pino({ level: "silent" }), heartbeatMs: 50 };
    return jobTask(
      { jobType: "SPOT_SIMULATION", parse: (input) => input, work, answer: (result) => ({ result }) },
      { ...settings, outage: this.outage },
    );
  }

  async close(): Promise<void> {
    this.watch.stop();
    await Promise.all([this.database.destroy(), this.admin.destroy()]);
  }
}

interface Fault {
  readonly name: string;
  readonly problem: DatabaseProblem | readonly DatabaseProblem[];
  /** It passes between two looks and is named each time it is back. */
  readonly intermittent?: boolean;
  begin(stage: Stage): Promise<void>;
  end(stage: Stage): Promise<void>;
  /** Makes a database for this fault; returns its URL. */
  open?(): Promise<string>;
  close?(): Promise<void>;
}

const sqlFault = (name: string, problem: Fault["problem"], begin: string, end: string): Fault => ({
  name,
  problem,
  begin: (stage) => stage.do(begin),
  end: (stage) => stage.do(end),
});

/** The change of a role holds for new sessions. */
const roleFault = (name: string, problem: Fault["problem"], begin: string, end: string): Fault => ({
  name,
  problem,
  begin: async (stage) => {
    await stage.do(begin);
    await stage.endSessions();
  },
  // A session that was begun read-only stays so: the worker has to leave it by itself.
  end: (stage) => stage.do(end),
});

let locker: pg.Client;
let disk: SmallDisk;
let terminating: NodeJS.Timeout;

const FAULTS: Fault[] = [
  sqlFault("a renamed table", "schema", "alter table jobs rename to away", "alter table away rename to jobs"),
  sqlFault(
    "a renamed table of solutions, which no job here writes",
    "schema",
    "alter table solver_solutions rename to away",
    "alter table away rename to solver_solutions",
  ),
  sqlFault(
    "a renamed column",
    "schema",
    "alter table jobs rename progress_message to away",
    "alter table jobs rename away to progress_message",
  ),
  sqlFault("a renamed schema", "schema", "alter schema public rename to away", "alter schema away rename to public"),
  sqlFault(
    "a status that the type lacks",
    "schema",
    "alter type jobstatus rename value 'PROCESSING' to 'AWAY'",
    "alter type jobstatus rename value 'AWAY' to 'PROCESSING'",
  ),
  sqlFault(
    "a view in place of the table",
    "schema",
    "alter table jobs rename to away; create view jobs as select * from away limit 1000; grant all on jobs to ROLE",
    "drop view jobs; alter table away rename to jobs",
  ),
  sqlFault(
    "a privilege that is missing",
    "privilege",
    "revoke update on jobs from ROLE",
    "grant update on jobs to ROLE",
  ),
  sqlFault(
    "a schema that may not be used",
    ["privilege", "schema"],
    "revoke usage on schema public from public",
    "grant usage on schema public to public",
  ),
  sqlFault(
    "row security without a policy",
    // The rows are out of sight, which looks like their absence, so claims are refused their new rows instead.
    "privilege",
    "alter table jobs enable row level security; create policy p on jobs using (true) with check (false)",
    "drop policy p on jobs; alter table jobs disable row level security",
  ),
  roleFault(
    "a role that may only read",
    "read-only",
    "alter role ROLE set default_transaction_read_only = on",
    "alter role ROLE reset default_transaction_read_only",
  ),
  roleFault("a role that may not log in", "refused", "alter role ROLE nologin", "alter role ROLE login"),
  roleFault(
    "no connection left",
    "overloaded",
    "alter role ROLE connection limit 0",
    "alter role ROLE connection limit -1",
  ),
  {
    name: "a locked table",
    problem: "locked",
    begin: async (stage) => {
      locker = new pg.Client({ connectionString: stage.url });
      await locker.connect();
      await locker.query("begin; lock table jobs in access exclusive mode");
    },
    end: async () => {
      await locker.query("commit");
      await locker.end();
    },
  },
  {
    name: "sessions that are terminated again and again",
    problem: "unreachable",
    intermittent: true,
    begin: async (stage) => {
      terminating = setInterval(() => void stage.endSessions(), 40);
      await stage.do("alter role ROLE nologin");
      await delay(100);
      await stage.do("alter role ROLE login");
    },
    end: async () => clearInterval(terminating),
  },
];

if (canMount()) {
  FAULTS.push({
    name: "a full disk",
    problem: "full",
    open: async () => {
      disk = await SmallDisk.open(services.current);
      return disk.databaseUrl;
    },
    begin: async () => disk.fill(),
    end: async () => disk.empty(),
    close: () => disk.close(),
  });
}

test.concurrent.each(FAULTS)(
  "$name costs no attempt and no row: jobs wait, are named once, and go on",
  { timeout: 180_000 },
  async (fault) => {
    const stage = await Stage.open(await fault.open?.());
    try {
      await playThrough(stage, fault);
    } finally {
      await stage.close();
      await fault.close?.();
    }
  },
);

async function playThrough(stage: Stage, { problem, intermittent, begin, end }: Fault): Promise<void> {
  expect(await stage.watch.look()).toBeNull();
  const [running, failing, late, cancelled] = await Promise.all(Array.from({ length: 4 }, () => stage.queue()));
  if (!running || !failing || !late || !cancelled) throw new Error("rows");
  let release: () => void = () => undefined;
  let began = 0;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const good = stage.task(async () => {
    began++;
    await released;
    return [RESULT];
  });
  const bad = stage.task(async () => {
    began++;
    await released;
    throw new Error("boom");
  });
  const outcomes = [
    deliver(good, new TestContext(taskRequest({ args: [running] }))),
    deliver(bad, new TestContext(taskRequest({ args: [failing], retries: 2 }))),
  ];
  await waitUntil(() => began === 2, "two runs");
  await begin(stage);
  outcomes.push(deliver(good, new TestContext(taskRequest({ args: [late] }))));
  const revoked = good.options.onRevoked?.(taskRequest({ args: [cancelled] }), { terminated: false, expired: false });
  release();
  const problems: readonly DatabaseProblem[] = Array.isArray(problem) ? problem : [problem];
  await waitUntil(async () => {
    const trouble = await stage.watch.look();
    return trouble !== null && problems.includes(trouble.problem);
  }, "the trouble");
  await delay(FAULT_MS);
  await end(stage);
  expect(await outcomes[0]).toEqual({ result: { status: "completed", result: [RESULT] } });
  expect(await outcomes[1]).toMatchObject({ error: { message: "boom" } });
  expect(await outcomes[2]).toEqual({ result: { status: "completed", result: [RESULT] } });
  await revoked;
  const ends = await Promise.all(
    [running, failing, late, cancelled].map(async (id) => (await stage.repository.find(id))?.status),
  );
  expect(ends).toEqual(["COMPLETED", "FAILED", "COMPLETED", "CANCELLED"]);
  await waitUntil(async () => (await stage.watch.look()) === null, "the end of the trouble");
  const named = stage.named.filter((word) => problems.some((problem) => problem === word));
  expect(named).not.toHaveLength(0);
  if (intermittent) expect(stage.named.filter((word, index) => word === stage.named[index - 1])).toEqual([]);
  else expect(named).toHaveLength(1);
  expect(stage.named.at(-1)).toBeNull();
}

test("time limits that pass while the database is away cost no job: what is not begun goes back, what is done is kept", {
  timeout: 120_000,
}, async () => {
  const stage = await Stage.open();
  try {
    const [waiting, done] = [await stage.queue(), await stage.queue()];
    let computed = false;
    const task = stage.task(async () => {
      await stage.do("alter table jobs rename to away");
      computed = true;
      return [1];
    });
    const late = new TestContext(taskRequest({ args: [done] }));
    const handled = Promise.resolve(task.handler(late, done)).catch((error: unknown) => error);
    await waitUntil(() => computed && stage.outage.waiting > 0, "a result that waits");

    const soft = new TestContext(taskRequest({ args: [waiting] }));
    const begun = Promise.resolve(task.handler(soft, waiting)).catch((error: unknown) => error);
    await waitUntil(() => stage.outage.waiting > 1, "a claim that waits");
    soft.abort(new SoftTimeLimitExceeded(1500));
    expect(await begun).toMatchObject({ name: "Reject", requeue: true });

    const limit = new TimeLimitExceeded(1800);
    late.abort(limit);
    const hook = task.options.onFailure?.(late.request, limit);
    await handled;
    await stage.do("alter table away rename to jobs");
    await hook;
    expect(await stage.repository.find(done)).toMatchObject({ status: "COMPLETED", result_data: [1] });
    expect(await stage.repository.find(waiting)).toMatchObject({ status: "QUEUED" });
  } finally {
    await stage.close();
  }
});
