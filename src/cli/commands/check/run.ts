import { setTimeout as pause } from "node:timers/promises";
import type { Kysely } from "kysely";
import { byNode } from "../../../celery/tooling.js";
import { asError, displayUrl, isRecord } from "../../../celery/values.js";
import { databaseStatus, explainMissing } from "../../../jobs/migrator.js";
import { JobRepository } from "../../../jobs/repository.js";
import type { JobsDatabase } from "../../../jobs/schema.js";
import { submitJob } from "../../../operations/jobs.js";
import { CliError, type GlobalFlags } from "../../globals.js";
import { type BrokerSession, withBroker } from "../../session/broker-session.js";
import { withDatabase } from "../../session/database-session.js";
import { Output, plural } from "../../terminal/output.js";
import { describeDatabase } from "../db/text.js";
import { sendTask } from "../messages/run.js";

/** Options of `celery check`. */
export interface CheckFlags extends GlobalFlags {
  readonly user?: string;
}

const ANSWER_TIMEOUT_MS = 2000;
const JOB_TIMEOUT_MS = 60_000;
const JOB_POLL_MS = 200;
/** Two hands on a turn: exact within milliseconds. */
const SMALL_JOB = {
  players: [{ cards: ["As", "Ah", "Kd", "Qd"] }, { cards: ["Jh", "Th", "9s", "8s"] }],
  top_board: ["Tc", "9h", "2c", "3d"],
  simulation_runs: 100,
};

/** Runs every check, whatever the ones before came to. @throws CliError when one of them failed */
export async function runCheck(flags: CheckFlags): Promise<void> {
  const output = new Output(flags);
  let failed = 0;
  const check = async (what: string, look: () => Promise<string>): Promise<void> => {
    try {
      output.line(`ok      ${what}: ${await look()}`);
    } catch (error) {
      failed += 1;
      output.line(`failed  ${what}: ${asError(error).message}`);
    }
  };
  await check("database", () => withDatabase(checkTables));
  await check("broker", () => withBroker(flags, async ({ connection }) => displayUrl(connection.address)));
  await check("workers", () => withBroker(flags, checkWorkers));
  await check("queues", () => withBroker(flags, checkConsumers));
  const { user } = flags;
  if (user !== undefined) await check("job", () => withDatabase((database) => runJob(database, user, flags)));
  if (failed > 0) throw new CliError(`${plural(failed, "check")} failed`);
}

async function checkTables(database: Kysely<JobsDatabase>): Promise<string> {
  const status = await databaseStatus(database);
  if (status.missing.length > 0) throw new CliError(explainMissing(status));
  return describeDatabase(status);
}

async function checkWorkers({ control }: BrokerSession): Promise<string> {
  const replies = await control.call("ping", {}, { destination: null, timeoutMs: ANSWER_TIMEOUT_MS });
  if (replies.length === 0) throw new CliError("none answers: is one running, and may it be controlled?");
  return `${plural(replies.length, "worker")}: ${replies.map(({ nodename }) => nodename).join(", ")}`;
}

async function checkConsumers({ control, queues }: BrokerSession): Promise<string> {
  const replies = await control.call("active_queues", {}, { destination: null, timeoutMs: ANSWER_TIMEOUT_MS });
  const lists: unknown[] = Object.values(byNode(replies));
  const consumed = new Set(
    lists
      .flatMap((list) => (Array.isArray(list) ? list : []))
      .flatMap((queue) => (isRecord(queue) ? [queue.name] : [])),
  );
  const alone = queues.filter((queue) => !consumed.has(queue));
  if (alone.length > 0) throw new CliError(`nobody consumes ${alone.join(", ")}`);
  return `${queues.join(", ")} are consumed`;
}

async function runJob(database: Kysely<JobsDatabase>, userId: string, flags: GlobalFlags): Promise<string> {
  const repository = new JobRepository(database);
  const startedAt = performance.now();
  const { id } = await submitJob(
    repository,
    (name, args, options) => withBroker(flags, (session) => sendTask(session, name, args, {}, options)),
    { userId, jobType: "SPOT_SIMULATION", inputData: SMALL_JOB },
  );
  while (performance.now() - startedAt < JOB_TIMEOUT_MS) {
    const row = await repository.find(id);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (row?.status === "COMPLETED") return `${id} was completed in ${seconds} s`;
    if (row?.status === "FAILED" || row?.status === "CANCELLED")
      throw new CliError(`${id} is ${row.status}: ${row.error_message ?? row.progress_message ?? "no reason given"}`);
    await pause(JOB_POLL_MS);
  }
  throw new CliError(`${id} has no answer after ${JOB_TIMEOUT_MS / 1000} s: see celery jobs show ${id}`);
}
