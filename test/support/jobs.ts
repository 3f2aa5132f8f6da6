import type { Kysely } from "kysely";
import { sql } from "kysely";
import { afterAll, beforeAll } from "vitest";
import { openDatabase } from "../../src/jobs/database.js";
import { migrate } from "../../src/jobs/migrator.js";
import { JobRepository, type JobRow } from "../../src/jobs/repository.js";
import type { JobsDatabase, JobType } from "../../src/jobs/schema.js";
import { useDatabase } from "./services.js";

export const USER_ID = "11111111-1111-4111-8111-111111111111";

/** A database with the backend's tables and one user, for one test file. Valid inside tests and hooks. */
export interface JobsFixture {
  readonly url: string;
  readonly database: Kysely<JobsDatabase>;
  readonly repository: JobRepository;
  /** Inserts a QUEUED job; returns its id. */
  queue(inputData?: unknown, jobType?: JobType): Promise<string>;
  /** The row, which must exist. */
  row(id: string): Promise<JobRow>;
  /** What an operator or the backend does: plain SQL on a row. */
  set(id: string, assignment: string): Promise<void>;
}

export function useJobs(): JobsFixture {
  const target = useDatabase();
  let database: Kysely<JobsDatabase> | undefined;
  const open = (): Kysely<JobsDatabase> => {
    if (database === undefined) throw new Error("made by beforeAll: use it inside tests and hooks only");
    return database;
  };
  beforeAll(async () => {
    database = openDatabase({ url: target.url, poolSize: 20 });
    await migrate(database);
    await sql`insert into users (id, email) values (${USER_ID}, 'player@example.com')`.execute(database);
  });
  afterAll(() => database?.destroy());
  return {
    get url() {
      return target.url;
    },
    get database() {
      return open();
    },
    get repository() {
      return new JobRepository(open());
    },
    queue(inputData = { players: [] }, jobType = "SPOT_SIMULATION") {
      return this.repository.insert({ userId: USER_ID, jobType, inputData });
    },
    async row(id) {
      const row = await this.repository.find(id);
      if (row === null) throw new Error(`no row ${id}`);
      return row;
    },
    async set(id, assignment) {
      await sql`update jobs set ${sql.raw(assignment)} where id = ${id}`.execute(open());
    },
  };
}
