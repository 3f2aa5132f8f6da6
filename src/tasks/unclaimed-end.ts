import type { Claimant, JobRepository } from "../jobs/repository.js";
import { type AvailabilityOptions, pause, untilAvailable } from "../postgres/availability.js";

/** A run that shows no sign of life for so many of its heartbeats is gone. */
const BEATS = 10;

/** Options of {@link endUnclaimed}. */
export interface UnclaimedOptions {
  readonly repository: Pick<JobRepository, "list">;
  /** Milliseconds between the signs of life of a run. Default 500. */
  readonly heartbeatMs?: number;
  /** How the database is waited for. */
  readonly waiting: AvailabilityOptions;
}

/**
 * Ends rows that this delivery never claimed. A claimant that takes over may end a PROCESSING row as well, which its own
 * earlier delivery may have left behind; but another message of the same job may have it just now. So such a row is ended
 * once it has been quiet for ten heartbeats, and left alone when it shows a sign of life meanwhile.
 *
 * @param write ends the rows that the claimant may take; resolves to their number, or whether there was one
 * @returns how many rows were ended
 * @throws the reason of the signal, and the database's lasting errors
 */
export async function endUnclaimed(
  ids: readonly string[],
  claimant: Claimant,
  write: (claimant: Claimant) => Promise<number | boolean>,
  { repository, heartbeatMs = 500, waiting }: UnclaimedOptions,
): Promise<number> {
  const { takesOver, staleAfterSeconds } = claimant;
  const careful = { ...claimant, takesOver: false };
  if (!takesOver) return Number(await untilAvailable(() => write(careful), waiting));
  const quiet = { ...careful, staleAfterSeconds: Math.min(staleAfterSeconds, (BEATS * heartbeatMs) / 1000) };
  const signs = new Map<string, string>();
  let ended = 0;
  // Twice as often as it takes: a row that nothing ends (it names another message, say) is left in the end.
  for (let round = 0; round <= 2 * BEATS; round++) {
    ended += Number(await untilAvailable(() => write(quiet), waiting));
    const rows = await untilAvailable(() => repository.list({ ids, status: "PROCESSING" }), waiting);
    const unsure = rows.filter((row) => {
      const sign = `${row.started_at} ${row.updated_at}`;
      const isAlive = signs.has(row.id) && signs.get(row.id) !== sign;
      signs.set(row.id, sign);
      return !isAlive;
    });
    if (unsure.length === 0) break;
    await pause(heartbeatMs, waiting.signal);
  }
  return ended;
}
