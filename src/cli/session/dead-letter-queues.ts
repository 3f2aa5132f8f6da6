import type { GlobalFlags } from "../globals.js";
import { resolveApp } from "./broker-session.js";

/** Dead-letter queues of the app's own queues, unless some are named. */
export async function deadLetterQueues(flags: GlobalFlags & { readonly queues?: string[] }): Promise<string[]> {
  if (flags.queues !== undefined) return flags.queues;
  const { app, settings, queues } = await resolveApp(flags);
  if (app !== null) return [...new Set(queues.map((queue) => settings.deadLetterQueue(queue)))];
  const { loadConfig } = await import("../../plosolver/config/config.js");
  return [...new Set(loadConfig().topology.queues.map(({ deadLetterQueue }) => deadLetterQueue))];
}
