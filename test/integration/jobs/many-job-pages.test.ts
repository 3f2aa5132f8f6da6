import { CompiledQuery, createQueryId, type KyselyPlugin, type RootOperationNode, sql } from "kysely";
import { beforeAll, describe, expect, it } from "vitest";
import { type JobPageFilter, JobPages } from "../../../src/jobs/job-pages.js";
import { USER_ID, useJobs } from "../../support/jobs.js";

const jobs = useJobs();
const COUNT = 100_000;
const PAGE = 50;
const RARE_USER = "22222222-2222-4222-8222-222222222222";
/** What reading the whole table would touch is ten times this, at least. Blocks of 8 KiB. */
const MOST_BLOCKS = 600;

interface Plan {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Plan[];
}

beforeAll(async () => {
  await sql`insert into users (id, email) values (${RARE_USER}, 'rare@example.com')`.execute(jobs.database);
  // Ten a second for the better part of three hours; one in a thousand failed, three are of another user.
  await sql`insert into jobs (id, user_id, job_type, status, input_data, result_data, error_message, created_at)
    select md5(n::text)::uuid::text, case when n in (5, 50000, 99000) then ${sql.lit(RARE_USER)} else ${sql.lit(USER_ID)} end,
      (array['SPOT_SIMULATION', 'SOLVER_ANALYSIS'])[1 + n % 2]::jobtype,
      (case when n % 1000 = 7 then 'FAILED' when n > 99990 then 'QUEUED' else 'COMPLETED' end)::jobstatus,
      json_build_object('spot_name', 'spot ' || n, 'players', json_build_array('AsAhKdQd', '15%')),
      json_build_array(json_build_object('total_equity', 0.5), repeat('x', 300)),
      case when n % 1000 = 7 then 'error ' || n end,
      timestamp '2026-01-01' + n * interval '100 milliseconds'
    from generate_series(1, ${sql.lit(COUNT)}) as n`.execute(jobs.database);
  await sql`vacuum analyze jobs`.execute(jobs.database);
});

/** How PostgreSQL finds a page: the nodes of its plan, its indexes, and the blocks that it touched. */
async function planOf(filter: JobPageFilter, after: string | null = null) {
  let node: RootOperationNode | undefined;
  const capture: KyselyPlugin = {
    transformQuery: (args) => {
      node = args.node;
      return args.node;
    },
    transformResult: async ({ result }) => result,
  };
  const page = await new JobPages(jobs.database.withPlugin(capture)).page(filter, PAGE, after);
  if (node === undefined) throw new Error("no query was made");
  const { sql: text, parameters } = jobs.database.getExecutor().compileQuery(node, createQueryId());
  const explain = CompiledQuery.raw(`explain (analyze, buffers, format json) ${text}`, [...parameters]);
  const { rows } = await jobs.database.executeQuery<{ "QUERY PLAN": readonly { Plan: Plan }[] }>(explain);
  const plan = rows[0]?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error("no plan");
  const nodes = flat(plan);
  return {
    page,
    kinds: nodes.map((one) => one["Node Type"]),
    indexes: nodes.flatMap((one) => one["Index Name"] ?? []),
    blocks: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
  };
}

function flat(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flat)];
}

/** A cursor after so many jobs of the whole list. */
async function cursorAt(skipped: number): Promise<string> {
  const { rows } = await sql<{ time: string; id: string }>`
    select to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US') as time, id from jobs
    order by created_at desc nulls first, id offset ${skipped - 1} limit 1`.execute(jobs.database);
  return Buffer.from(JSON.stringify([rows[0]?.time, rows[0]?.id])).toString("base64url");
}

describe("pages of 100,000 jobs", () => {
  it.each([0, 500, 50_000, 99_900])("after %d jobs are found through the index, in order", async (skipped) => {
    const { page, kinds, indexes, blocks } = await planOf({}, skipped === 0 ? null : await cursorAt(skipped));
    expect(page.jobs).toHaveLength(PAGE);
    expect(page.jobs[0]?.input_data).toMatchObject({ spot_name: `spot ${COUNT - skipped}` });
    expect(indexes).toContain("idx_jobs_created_at");
    expect(kinds).not.toContain("Seq Scan");
    expect(blocks).toBeLessThan(MOST_BLOCKS);
  });

  const since = "2026-01-01 01:00:00";
  it.each<readonly [string, JobPageFilter, number]>([
    ["kind", { jobType: "SOLVER_ANALYSIS" }, PAGE],
    ["a frequent state", { status: "COMPLETED" }, PAGE],
    ["a rare state", { status: "FAILED" }, PAGE],
    ["the state that waits", { status: "QUEUED" }, 10],
    ["user", { userId: USER_ID }, PAGE],
    ["a rare user", { userId: RARE_USER }, 3],
    ["a user who has none", { userId: "nobody" }, 0],
    ["time", { since, until: "2026-01-01 01:00:02" }, 20],
    ["state, kind, user and time", { status: "COMPLETED", jobType: "SOLVER_ANALYSIS", userId: USER_ID, since }, PAGE],
    ["text within a time", { text: "spot 36001", since, until: "2026-01-01 01:00:02" }, 1],
    ["an error's text within a state", { status: "FAILED", text: "error 99007" }, 1],
  ])("by %s read few blocks, and never the whole table", async (_, filter, found) => {
    const { page, kinds, blocks } = await planOf(filter);
    expect(page.jobs).toHaveLength(found);
    expect(kinds).not.toContain("Seq Scan");
    expect(blocks).toBeLessThan(MOST_BLOCKS);
  });

  it("would touch many more if all were read", async () => {
    const { rows } = await sql<{ blocks: string }>`select pg_relation_size('jobs') / 8192 as blocks`.execute(
      jobs.database,
    );
    expect(Number(rows[0]?.blocks)).toBeGreaterThan(10 * MOST_BLOCKS);
  });
});
