import { envValue } from "../../env-value.js";
import { ImproperlyConfigured } from "../../errors.js";

/** How much a worker remembers of tasks that are gone. */
export interface MemoryLimits {
  /** Ids of revoked tasks. */
  readonly revokes: number;
  readonly revokesExpireMs: number;
  /** Messages that were settled, whose redelivery is not run again. */
  readonly ended: number;
  readonly endedExpireMs: number;
}

/**
 * Reads the variables by which Celery bounds these memories: `CELERY_WORKER_REVOKES_MAX`, `CELERY_WORKER_REVOKE_EXPIRES`,
 * `CELERY_WORKER_SUCCESSFUL_MAX`, `CELERY_WORKER_SUCCESSFUL_EXPIRES`; counts, and seconds.
 *
 * @throws ImproperlyConfigured for a value that is no number
 */
export function memoryLimits(env: Readonly<Record<string, string | undefined>>): MemoryLimits {
  const seconds = (name: string, initial: number) => numberFrom(env, name, initial) * 1000;
  return {
    revokes: Math.trunc(numberFrom(env, "CELERY_WORKER_REVOKES_MAX", 50_000)),
    revokesExpireMs: seconds("CELERY_WORKER_REVOKE_EXPIRES", 10_800),
    ended: Math.trunc(numberFrom(env, "CELERY_WORKER_SUCCESSFUL_MAX", 50_000)),
    endedExpireMs: seconds("CELERY_WORKER_SUCCESSFUL_EXPIRES", Number.POSITIVE_INFINITY),
  };
}

function numberFrom(env: Readonly<Record<string, string | undefined>>, name: string, initial: number): number {
  const text = envValue(env[name]);
  if (text === undefined) return initial;
  const value = Number(text);
  if (!(value >= 0)) throw new ImproperlyConfigured(`${name} is ${text}: it must be a number of at least 0`);
  return value;
}
