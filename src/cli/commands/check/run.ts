import { setTimeout as pause } from "node:timers/promises";
import type { Kysely } from "kysely";
import { asError, displayUrl } from "../../../celery/values.js";
import { databaseStatus, explainMissing } from "../../../jobs/migrator.js";
import { JobRepository } from "../../../jobs/repository.js";
import type { JobsDatabase } from "../../../jobs/schema.js";
import { submitJob } from "../../../operations/jobs.js";
import { CliError, type GlobalFlags } from "../../globals.js";
import { type AppSession, withApp, withBroker } from "../../session/broker-session.js";
import { withDatabase } from "../../session/database-session.js";
import { sendTaskBy } from "../../session/send-task.js";
import { Output, plural } from "../../terminal/output.js";
import { describeDatabase } from "../db/text.js";

/** Options of `celery check`. */
export interface CheckFlags extends GlobalFlags {
  readonly user?: string;
}

const ANSWER_TIMEOUT_SECONDS = 2;
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
  await check("workers", () => withApp(flags, checkWorkers));
  await check("queues", () => withApp(flags, checkConsumers));
  const { user } = flags;
  if (user !== undefined) await check("job", () => withDatabase((database) => runJob(database, user, flags)));
  if (failed > 0) throw new CliError(`${plural(failed, "check")} failed`);
}

async function checkTables(database: Kysely<JobsDatabase>): Promise<string> {
  const status = await databaseStatus(database);
  if (status.missing.length > 0) throw new CliError(explainMissing(status));
  return describeDatabase(status);
}

async function checkWorkers(session: AppSession): Promise<string> {
  const names = Object.keys((await (await inspectOf(session)).ping()) ?? {});
  if (names.length === 0) throw new CliError("none answers: is one running, and may it be controlled?");
  return `${plural(names.length, "worker")}: ${names.join(", ")}`;
}

async function checkConsumers(session: AppSession): Promise<string> {
  const { queues } = session;
  const lists = Object.values((await (await inspectOf(session)).activeQueues()) ?? {});
  const consumed = new Set<unknown>(lists.flat().map(({ name }) => name));
  const alone = queues.filter((queue) => !consumed.has(queue));
  if (alone.length > 0) throw new CliError(`nobody consumes ${alone.join(", ")}`);
  return `${queues.join(", ")} are consumed`;
}

async function inspectOf({ client, connect }: AppSession): Promise<ReturnType<typeof client.control.inspect>> {
  await connect();
  return client.control.inspect({ timeout: ANSWER_TIMEOUT_SECONDS });
}

async function runJob(database: Kysely<JobsDatabase>, userId: string, flags: GlobalFlags): Promise<string> {
  const repository = new JobRepository(database);
  const startedAt = performance.now();
  const job = { userId, jobType: "SPOT_SIMULATION", inputData: SMALL_JOB } as const;
  const { id } = await submitJob(repository, sendTaskBy(flags), job);
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
