import { type Kysely, type RawBuilder, sql } from "kysely";
import { columnJson, columnText, ERROR_MESSAGE_LIMIT, NAME_LIMIT } from "./column-values.js";
import { timestampText, utcNow } from "./database.js";
import type { FlopState, JobStatus, JobsDatabase, UtcTimestamp } from "./schema.js";

/** A flop of a report that this process has taken: later writes name the token, and change nothing once another has it. */
export interface FlopClaim {
  readonly reportId: string;
  readonly number: number;
  readonly token: UtcTimestamp;
}

export interface ClaimedFlop extends FlopClaim {
  readonly flop: string;
  /** `input_data` of the report. */
  readonly inputData: unknown;
}

export type FlopClaimOutcome =
  | { readonly kind: "claimed"; readonly flop: ClaimedFlop }
  /** Another run has it, and is alive. */
  | { readonly kind: "busy" }
  | { readonly kind: "ended"; readonly state: "solved" | "failed" }
  /** The report has ended or is gone: nothing is to be done. */
  | { readonly kind: "needless" };

/** What a write under the token found. */
export type FlopWrite = "held" | "superseded" | "needless";

/** A flop as it ended, or stands. */
export interface ReportFlop {
  readonly number: number;
  readonly flop: string;
  readonly weight: number;
  readonly state: FlopState;
  readonly answer: unknown;
  readonly errorMessage: string | null;
}

/** How far a report is, and whose it is now. */
export interface ReportStand {
  readonly status: JobStatus;
  /** Fencing token of the report's row. */
  readonly token: UtcTimestamp | null;
  readonly inputData: unknown;
  readonly counts: Readonly<Partial<Record<FlopState, number>>>;
}

/** How far the flops of a report are, as somebody who looks is told. */
export interface FlopsProgress {
  readonly counts: Readonly<Partial<Record<FlopState, number>>>;
  /** Those under way, the longest first. */
  readonly solving: readonly { readonly flop: string; readonly worker: string | null; readonly since: UtcTimestamp }[];
  readonly failed: readonly { readonly flop: string; readonly error: string | null }[];
}

/** Flops that are named to who looks. */
const MOST_NAMED = 30;

/** Rows written with one statement. */
const ROWS_A_STATEMENT = 5000;

/** Reads and writes of `solver_report_flops`. Every method is one statement or one transaction, and may be repeated. */
export class ReportFlops {
  constructor(private readonly database: Kysely<JobsDatabase>) {}

  /** Whether the table is there: a database of the backend's may lack it. */
  async exists(): Promise<boolean> {
    const { rows } = await sql<{ there: boolean }>`
      select to_regclass('solver_report_flops') is not null as there`.execute(this.database);
    return rows[0]?.there === true;
  }

  /** Writes the flops of a report, all or none; where they stand already, nothing. */
  async plan(reportId: string, flops: readonly { readonly flop: string; readonly weight: number }[]): Promise<void> {
    await this.database.transaction().execute(async (transaction) => {
      for (let from = 0; from < flops.length; from += ROWS_A_STATEMENT) {
        const rows = flops.slice(from, from + ROWS_A_STATEMENT).map(({ flop, weight }, index) => ({
          report_id: reportId,
          number: from + index,
          flop,
          weight,
          state: "waiting" as const,
          attempts: 0,
          updated_at: utcNow(),
        }));
        await transaction
          .insertInto("solver_report_flops")
          .values(rows)
          .onConflict((conflict) => conflict.columns(["report_id", "number"]).doNothing())
          .execute();
      }
    });
  }

  /** Failed flops wait again. */
  async waitAgain(reportId: string): Promise<void> {
    await this.database
      .updateTable("solver_report_flops")
      .set({ state: "waiting", error_message: null, updated_at: utcNow() })
      .where("report_id", "=", reportId)
      .where("state", "=", "failed")
      .execute();
  }

  /**
   * Takes a flop that waits, or whose run has shown no sign of life for so long, while its report is under way.
   * @param worker who takes it
   */
  async claim(reportId: string, number: number, worker: string, quietSeconds: number): Promise<FlopClaimOutcome> {
    const claimed = await this.database
      .updateTable("solver_report_flops")
      .set({
        state: "solving",
        // Strictly later than any earlier token, even when the clock was set back.
        started_at: sql<UtcTimestamp>`greatest(${utcNow()}, solver_report_flops.started_at + interval '1 microsecond')`,
        worker: columnText(worker, NAME_LIMIT),
        attempts: sql<number>`attempts + 1`,
        updated_at: utcNow(),
      })
      .from("jobs")
      .whereRef("jobs.id", "=", "report_id")
      .where("jobs.status", "=", "PROCESSING")
      .where("report_id", "=", reportId)
      .where("number", "=", number)
      .where(sql<boolean>`(state = 'waiting' or (state = 'solving'
        and solver_report_flops.updated_at < ${utcNow()} - make_interval(secs => ${quietSeconds})))`)
      .returning(["flop", "jobs.input_data as inputData", timestampText("solver_report_flops.started_at").as("token")])
      .executeTakeFirst();
    if (claimed !== undefined) return { kind: "claimed", flop: { reportId, number, ...claimed } };
    return this.#whyNotClaimed(reportId, number);
  }

  /** A sign of life, of the flop and of its report. */
  async beat(claim: FlopClaim): Promise<FlopWrite> {
    const { rows } = await sql<{ flop: boolean; report: boolean }>`
      with flop as (
        update solver_report_flops set updated_at = ${utcNow()} where ${held(claim)} returning 1
      ), report as (
        update jobs set updated_at = ${utcNow()} where id = ${claim.reportId} and status = 'PROCESSING' returning 1
      )
      select exists (select from flop) as flop, exists (select from report) as report`.execute(this.database);
    if (rows[0]?.report !== true) return "needless";
    return rows[0].flop ? "held" : "superseded";
  }

  /** The flop's end. Repeating it after a lost connection is safe. */
  async end(
    claim: FlopClaim,
    end: { readonly state: "solved"; readonly answer: unknown } | { readonly state: "failed"; readonly error: string },
  ): Promise<FlopWrite> {
    const result = await this.database
      .updateTable("solver_report_flops")
      .set({
        state: end.state,
        answer: end.state === "solved" ? columnJson(end.answer) : null,
        error_message: end.state === "failed" ? columnText(end.error, ERROR_MESSAGE_LIMIT) : null,
        updated_at: utcNow(),
      })
      .where(held(claim, ["solving", end.state]))
      .executeTakeFirst();
    return result.numUpdatedRows > 0n ? "held" : "superseded";
  }

  /** A run gives its flop back for a later attempt. */
  async giveBack(claim: FlopClaim): Promise<void> {
    await this.database
      .updateTable("solver_report_flops")
      .set({ state: "waiting", updated_at: utcNow() })
      .where(held(claim))
      .execute();
  }

  /** The end of a flop whose message will not come again, unless a run has it or it has ended. */
  async failUnclaimed(reportId: string, number: number, error: string): Promise<void> {
    await this.database
      .updateTable("solver_report_flops")
      .set({ state: "failed", error_message: columnText(error, ERROR_MESSAGE_LIMIT), updated_at: utcNow() })
      .where("report_id", "=", reportId)
      .where("number", "=", number)
      .where("state", "=", "waiting")
      .execute();
  }

  /** Null without such a job. */
  async stand(reportId: string): Promise<ReportStand | null> {
    const job = await this.database
      .selectFrom("jobs")
      .select(["status", "input_data as inputData", timestampText("started_at").as("token")])
      .where("id", "=", reportId)
      .executeTakeFirst();
    return job === undefined ? null : { ...job, counts: await this.#counts(reportId) };
  }

  /** Null where no flop was planned yet, or the table is missing. */
  async progress(reportId: string): Promise<FlopsProgress | null> {
    if (!(await this.exists())) return null;
    const counts = await this.#counts(reportId);
    if (Object.keys(counts).length === 0) return null;
    const named = (state: FlopState) =>
      this.database
        .selectFrom("solver_report_flops")
        .select([
          "flop",
          "worker",
          sql<string | null>`left(error_message, 1024)`.as("error"),
          timestampText("started_at").as("since"),
        ])
        .where("report_id", "=", reportId)
        .where("state", "=", state)
        .orderBy("started_at")
        .orderBy("number")
        .limit(MOST_NAMED)
        .execute();
    const [solving, failed] = await Promise.all([named("solving"), named("failed")]);
    return {
      counts,
      solving: solving.map(({ flop, worker, since }) => ({ flop, worker, since })),
      failed: failed.map(({ flop, error }) => ({ flop, error })),
    };
  }

  /** All flops in their order. */
  async list(reportId: string): Promise<ReportFlop[]> {
    return this.database
      .selectFrom("solver_report_flops")
      .select(["number", "flop", "weight", "state", "answer", "error_message as errorMessage"])
      .where("report_id", "=", reportId)
      .orderBy("number")
      .execute();
  }

  async #counts(reportId: string): Promise<Readonly<Partial<Record<FlopState, number>>>> {
    const rows = await this.database
      .selectFrom("solver_report_flops")
      .select(["state", sql<string>`count(*)`.as("count")])
      .where("report_id", "=", reportId)
      .groupBy("state")
      .execute();
    return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
  }

  async #whyNotClaimed(reportId: string, number: number): Promise<FlopClaimOutcome> {
    const row = await this.database
      .selectFrom("solver_report_flops")
      .innerJoin("jobs", "jobs.id", "report_id")
      .select(["state", "jobs.status"])
      .where("report_id", "=", reportId)
      .where("number", "=", number)
      .executeTakeFirst();
    if (row === undefined) return { kind: "needless" };
    if (row.state === "solved" || row.state === "failed") return { kind: "ended", state: row.state };
    return { kind: row.status === "PROCESSING" ? "busy" : "needless" };
  }
}

/** The flop is still the claim's. */
function held({ reportId, number, token }: FlopClaim, states: readonly FlopState[] = ["solving"]): RawBuilder<boolean> {
  return sql<boolean>`report_id = ${reportId} and number = ${number} and state = any(${[...states]})
    and started_at = ${token}::timestamp`;
}
