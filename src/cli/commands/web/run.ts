import type { Logger } from "pino";
import { type Config, loadConfig } from "../../../plosolver/config/config.js";
import { createLogger, isReadable } from "../../../plosolver/log.js";
import type { GlobalFlags } from "../../globals.js";
import { type CliApp, resolveApp } from "../../session/broker-session.js";
import { deadLetterQueues } from "../../session/dead-letter-queues.js";
import { optionalPart } from "../../session/optional-part.js";

/** Options of `celery web`. */
export interface WebFlags extends GlobalFlags {
  readonly host?: string;
  readonly port?: number;
  readonly token?: string;
  readonly readOnly?: boolean;
}

/** `celery web`: serves until SIGINT or SIGTERM. */
export async function runWeb(flags: WebFlags): Promise<void> {
  const config = loadConfig();
  const log = createLogger(config.log);
  const web = await openWeb(flags, config, log);
  if (flags.quiet !== true && isReadable(config.log.format)) process.stdout.write(`The web view is at ${web.url}\n`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
  await web.close();
}

/** Opens the web view of the app that `-A` names, as environment and flags say. */
export async function openWeb(flags: Partial<WebFlags>, config: Config, log: Logger) {
  const { startWeb } = await optionalPart(
    () => import("../../../web/start.js"),
    "the web view is not installed: npm install without --omit=optional brings it",
  );
  const { settings, queues, app }: CliApp = await resolveApp(flags);
  const { database, web, jobs } = config;
  const opened = await startWeb({
    settings,
    queues,
    deadLetterQueues: await deadLetterQueues(flags),
    database: database.url === null ? null : { ...database, url: database.url },
    staleAfterSeconds: jobs.staleAfterSeconds,
    host: flags.host ?? web.host,
    port: flags.port ?? web.port,
    authentication: flags.token === undefined ? web.authentication : { kind: "token", token: flags.token },
    readOnly: flags.readOnly ?? web.readOnly,
    log,
  });
  await app?.close();
  log.info({ url: opened.url, readOnly: flags.readOnly ?? web.readOnly }, "the web view is open");
  return opened;
}
