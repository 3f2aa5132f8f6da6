import { setTimeout as delay } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import { openDatabase } from "../../../src/jobs/database.js";
import { migrate } from "../../../src/jobs/migrator.js";
import { JobRepository } from "../../../src/jobs/repository.js";
import type { JobsDatabase } from "../../../src/jobs/schema.js";
import { BareClient } from "../../support/celery-worker.js";
import { USER_ID } from "../../support/jobs.js";
import { waitUntil } from "../../support/wait-until.js";
import type { Figures, Measure } from "./fault-case.js";
import { JobSender } from "./job-sender.js";
import { leftOver, versionOf } from "./left-over.js";
import type { Stage } from "./stage.js";

/** Where the jobs of a case go: never through what the fault breaks. */
export interface FlowPlaces {
  readonly databaseUrl: string;
  /** More than one for a cluster. */
  readonly brokerUrls: readonly string[];
  readonly managementUrls: readonly string[];
  readonly queueArguments?: Readonly<Record<string, unknown>>;
}

const QUEUE = "spot_simulation";
/** On a machine that is busy. */
const PATIENCE_SECONDS = 60;
const NOTE_COMPLETIONS = `
  create table completions (id varchar(36) not null, at double precision not null);
  create function note_completion() returns trigger language plpgsql security definer as $$ begin
    if new.status = 'COMPLETED' then
      insert into completions values (new.id, extract(epoch from clock_timestamp()) * 1000);
    end if; return new; end $$;
  create trigger note_completion after update on jobs for each row execute function note_completion()`;
/**
 * The worker's own login, so that a fault can be its alone. What is committed has to outlive a SIGKILL of the server, which the
 * settings of these services do not promise.
 */
const WORKER_ROLE = (database: string) => `
  create role worker login in role plosolver;
  alter database "${database}" set synchronous_commit = on`;

/** Jobs from their row to its completion, which a trigger of the database counts, whoever brings it about. */
export class JobFlow {
  readonly queue = QUEUE;
  readonly #ids: string[] = [];
  readonly #measures: Measure[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly places: FlowPlaces,
    readonly database: Kysely<JobsDatabase>,
    private readonly sender: JobSender,
  ) {}

  static async open(stage: Stage, places: FlowPlaces): Promise<JobFlow> {
    const database = openDatabase({
      url: places.databaseUrl,
      connectTimeoutSeconds: PATIENCE_SECONDS,
      statementTimeoutSeconds: PATIENCE_SECONDS,
    });
    stage.atEnd(() => database.destroy());
    await migrate(database);
    await sql`insert into users (id, email) values (${USER_ID}, 'player@example.com')`.execute(database);
    await sql.raw(NOTE_COMPLETIONS).execute(database);
    await sql.raw(WORKER_ROLE(new URL(places.databaseUrl).pathname.slice(1))).execute(database);
    const sender = new JobSender(places.brokerUrls, QUEUE, places.queueArguments);
    stage.atEnd(() => sender.close());
    return new JobFlow(stage, places, database, sender);
  }

  /** The database under the worker's own login. */
  get workerDatabaseUrl(): string {
    const url = new URL(this.places.databaseUrl);
    url.username = "worker";
    return url.href;
  }

  /** Inserts so many rows. Each is a job of some milliseconds; every fifth takes some hundredths of a second. */
  async insert(count: number, input: object = {}): Promise<string[]> {
    const repository = new JobRepository(this.database);
    const ids = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        repository.insert({ userId: USER_ID, jobType: "SPOT_SIMULATION", inputData: { ...spot(index), ...input } }),
      ),
    );
    this.#ids.push(...ids);
    return ids;
  }

  /** Sends their tasks; resolves when the broker has confirmed them all. */
  send(ids: readonly string[], perSecond?: number): Promise<void> {
    return untilAwaited(() => this.sender.send(ids, perSecond));
  }

  /** Sends these, and takes them out of the list, until the signal; resolves when all that were taken are confirmed. */
  sendFrom(ids: string[], perSecond: number, over: AbortSignal): Promise<void> {
    return untilAwaited(async () => {
      while (!over.aborted && ids.length > 0) await this.send(ids.splice(0, perSecond), perSecond);
    });
  }

  /** Deletes the rows of jobs that were not sent. */
  async withdraw(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const gone = new Set(ids);
    this.#ids.splice(0, this.#ids.length, ...this.#ids.filter((id) => !gone.has(id)));
    await this.database
      .deleteFrom("jobs")
      .where("id", "in", [...ids])
      .execute();
  }

  /** Inserts jobs and sends them, until the signal; resolves when all are confirmed. */
  sendUntil(over: AbortSignal, perSecond: number): Promise<void> {
    return untilAwaited(async () => {
      while (!over.aborted) await this.send(await this.insert(perSecond), perSecond);
    });
  }

  /** Waits until these are COMPLETED. @returns when the last one was */
  async endOf(ids: readonly string[], timeoutMs: number): Promise<number> {
    const last = async () => {
      const { rows } = await sql<{ count: string; at: number }>`
        select count(distinct id) as count, max(at) as at from completions where id = any(${[...ids]})`.execute(
        this.database,
      );
      return Number(rows[0]?.count) === ids.length ? rows[0]?.at : null;
    };
    return await waitUntil(last, `${ids.length} jobs to be COMPLETED`, timeoutMs);
  }

  /** Sends nothing while something is done. */
  paused(work: () => Promise<void>): Promise<void> {
    return this.sender.paused(work);
  }

  /** A number that must be 0 besides those that every flow counts. */
  expect(what: string, value: number): void {
    this.#measures.push({ what, value, atMost: 0, unit: "" });
  }

  /** Rows that are COMPLETED. */
  async completed(): Promise<number> {
    const row = await this.database
      .selectFrom("jobs")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .where("status", "=", "COMPLETED")
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  /** Waits until so many rows are COMPLETED. */
  async reach(count: number, timeoutMs = 120_000): Promise<void> {
    const reached = async () => {
      // Looking takes processor time of the workers.
      await delay(30);
      return (await this.completed()) >= count;
    };
    await waitUntil(reached, `${count} jobs to be COMPLETED`, timeoutMs);
  }

  /** Waits until every row is COMPLETED, or none has been for two minutes: what is missing then is lost. */
  async end(): Promise<void> {
    for (let done = await this.completed(); done < this.#ids.length; ) {
      try {
        await this.reach(done + 1);
      } catch {
        this.stage.say(`${this.#ids.length - done} of ${this.#ids.length} jobs do not become COMPLETED`);
        this.stage.sayWorkers();
        return;
      }
      done = await this.completed();
    }
  }

  /** Waits for the first completion after a moment. @returns how many seconds later it was */
  async nextAfter(sinceMs: number, timeoutMs = 120_000): Promise<number> {
    const next = async () => {
      const { rows } = await sql<{ at: number | null }>`
        select min(at) as at from completions where at > ${sinceMs}`.execute(this.database);
      return rows[0]?.at ?? null;
    };
    return ((await waitUntil(next, "a job to be COMPLETED", timeoutMs)) - sinceMs) / 1000;
  }

  /** The longest time in seconds without a completion, between two moments. */
  async longestPause(fromMs: number, toMs: number): Promise<number> {
    const { rows } = await sql<{ at: number }>`
      select at from completions where at between ${fromMs} and ${toMs} order by at`.execute(this.database);
    const moments = [fromMs, ...rows.map(({ at }) => at), toMs];
    return Math.max(...moments.slice(1).map((at, index) => at - (moments[index] ?? at))) / 1000;
  }

  /** Ends the workers, and counts. */
  async figures(recoverySeconds: number | null, measures: readonly Measure[] = []): Promise<Figures> {
    const ended = await this.stage.endWorkers();
    await this.sender.close();
    if (this.stage.spoils) await this.#spoil();
    const { rows } = await sql<{ lost: string; twice: string }>`
      select count(*) filter (where status <> 'COMPLETED' or times = 0) as lost, sum(greatest(times - 1, 0)) as twice
      from (
        select status, count(completions.id) as times from jobs left join completions using (id) group by id
      ) as each
      `.execute(this.database);
    const [brokerUrl = "", managementUrl = ""] = [this.places.brokerUrls[0], this.places.managementUrls[0]];
    const nodes = this.places.brokerUrls.length;
    return {
      broker: `${nodes > 1 ? `${nodes} × ` : ""}${await versionOf({ brokerUrl, managementUrl })}`,
      jobs: this.#ids.length,
      lost: Number(rows[0]?.lost),
      twice: Number(rows[0]?.twice),
      leftOver: await leftOver({ brokerUrl, managementUrl }),
      recoverySeconds,
      measures: [ended, ...this.#measures, ...measures],
    };
  }

  /** Takes one effect away, makes one twice and leaves a message behind. */
  async #spoil(): Promise<void> {
    const [first, second] = this.#ids;
    await sql`delete from completions where id = ${first}`.execute(this.database);
    await sql`update jobs set status = 'COMPLETED' where id = ${second}`.execute(this.database);
    const client = await BareClient.open(this.places.brokerUrls[0] ?? "");
    await client.send(QUEUE, "spoiled");
    await client.close();
  }
}

/** What a case does meanwhile: when the case fails before it awaits that, the failure is the case's, and ends no other case. */
function untilAwaited(work: () => Promise<void>): Promise<void> {
  const promise = work();
  promise.catch(() => undefined);
  return promise;
}

/** Every fifth waits for a simulation; the others are counted out at once, on a whole board. */
function spot(index: number) {
  return {
    players: [{ cards: ["As", "Ks", "Qh", "Jh"] }, { cards: ["8c", "8d", "7c", "6d"] }],
    top_board: index % 5 === 0 ? [] : ["9c", "8h", "2s", "3d", "Jc"],
    bottom_board: [],
    simulation_runs: 10_000,
    random_opponents: 2,
    seed: index,
  };
}
