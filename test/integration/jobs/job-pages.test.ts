import { sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { type JobPageFilter, JobPages } from "../../../src/jobs/job-pages.js";
import { USER_ID, useJobs } from "../../support/jobs.js";

const jobs = useJobs();
const COUNT = 500;

beforeAll(async () => {
  // Many with one and the same time, and some with none: old backends wrote such rows.
  await sql`insert into jobs (id, user_id, job_type, status, input_data, error_message, created_at)
    select 'job-' || lpad(n::text, 4, '0'), ${USER_ID},
      (array['SPOT_SIMULATION', 'SOLVER_ANALYSIS'])[1 + n % 2]::jobtype,
      (array['QUEUED', 'FAILED', 'COMPLETED'])[1 + n % 3]::jobstatus,
      json_build_object('spot_name', '100% of number_' || n), case when n % 3 = 1 then 'error ' || n end,
      case when n % 50 <> 0 then timestamp '2026-01-01' + (n / 7) * interval '1 second' end
    from generate_series(1, ${sql.lit(COUNT)}) as n`.execute(jobs.database);
  await sql`analyze jobs`.execute(jobs.database);
});

async function walk(filter: JobPageFilter, limit = 37): Promise<string[]> {
  const pages = new JobPages(jobs.database);
  const ids: string[] = [];
  for (let after: string | null = null, page = 0; page < 100; page++) {
    const found = await pages.page(filter, limit, after);
    ids.push(...found.jobs.map(({ id }) => id));
    if (found.next === null) return ids;
    after = found.next;
  }
  throw new Error("the list has no end");
}

describe("pages of jobs", () => {
  it("count the jobs in each state", async () => {
    expect(await new JobPages(jobs.database).counts()).toEqual({ QUEUED: 166, FAILED: 167, COMPLETED: 167 });
  });

  it("show every job once, newest first, those without a time before all others", async () => {
    const ids = await walk({});
    const { rows } = await sql<{ id: string }>`select id from jobs order by created_at desc nulls first, id`.execute(
      jobs.database,
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
    expect(ids).toHaveLength(COUNT);
  });

  it("are filtered by state, kind, user, time and text at once", async () => {
    expect(await walk({ status: "FAILED" })).toHaveLength(167);
    expect(await walk({ status: "FAILED", jobType: "SOLVER_ANALYSIS" })).toHaveLength(84);
    expect(await walk({ userId: "nobody" })).toEqual([]);
    expect(await walk({ since: "2026-01-01 00:00:10", until: "2026-01-01 00:00:11" })).toHaveLength(7);
    expect(await walk({ text: "NUMBER_499" })).toEqual(["job-0499"]);
    expect(await walk({ text: "error 499" })).toEqual(["job-0499"]);
    expect(await walk({ text: "job-0499" })).toEqual(["job-0499"]);
  });

  it("take text as it stands: % and _ are no wildcards", async () => {
    expect(await walk({ text: "number%4" })).toEqual([]);
    expect(await walk({ text: "number-1" })).toEqual([]);
    expect(await walk({ text: "100% of number_12" })).toHaveLength(11);
    expect(await walk({ text: "'; drop table jobs; --" })).toEqual([]);
  });

  it("start again at a cursor that nobody gave", async () => {
    const { jobs: first } = await new JobPages(jobs.database).page({}, 1, "nonsense");
    expect(first).toHaveLength(1);
  });

  it("leave out inputs that are too large for a list", async () => {
    const noise = Array.from({ length: 40_000 }, () => Math.random().toString(36).slice(2, 4)).join("");
    const id = await jobs.queue({ noise });
    const { jobs: found } = await new JobPages(jobs.database).page({ text: id }, 1);
    expect(found[0]).toMatchObject({ id, input_data: null });
  });
});

it("the first decision of a solution or a report is read, of whatever else there is nothing", async () => {
  const pages = new JobPages(jobs.database);
  const action = { action: "bet", amount: 50, to: 50, all_in: false, frequency: 0.25 };
  const set = (id: string, result: unknown) => jobs.set(id, `result_data = '${JSON.stringify(result)}'`);
  await set("job-0001", { solution: { tree: { actions: [{ ...action, next: { end: "omitted" } }] } } });
  await set("job-0002", { solution: { tree: "none" } });
  await set("job-0003", [1, 2]);
  const mean = { ...action, frequency: { mean: 0.25, standard_error: null }, offered: 1 };
  await set("job-0005", { report: { actions: [mean] } });
  const found = await pages.rootActions(["job-0001", "job-0002", "job-0003", "job-0004", "job-0005"]);
  expect(Object.fromEntries(found)).toEqual({ "job-0001": [action], "job-0005": [action] });
});
