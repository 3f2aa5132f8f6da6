import { editDistance, nearest } from "../../celery/values.js";
import { isVariable, VARIABLES } from "./variables.js";

const OWN_PREFIX = /^(CELERY|DATABASE|JOB|LOG|RABBITMQ)_/;

/** Read by the Celery runtime itself, as Celery does. */
const CELERYS_OWN: ReadonlySet<string> = new Set([
  "CELERY_APP",
  "CELERY_WORKER_REVOKES_MAX",
  "CELERY_WORKER_REVOKE_EXPIRES",
  "CELERY_WORKER_SUCCESSFUL_MAX",
  "CELERY_WORKER_SUCCESSFUL_EXPIRES",
]);

/** Variables of Python workers that are not needed here, and why. The first ones are also written without `CELERY_`. */
const NOT_NEEDED: readonly (readonly [names: RegExp, because: string])[] = [
  [/^(CELERY_)?(TIMEZONE|ENABLE_UTC)$/, "times are in UTC"],
  [/^(CELERY_)?TASK_SERIALIZER$/, "a message says itself how it is written"],
  [/^RESULT_SERIALIZER$/, "CELERY_RESULT_SERIALIZER says it"],
  [/^ACCEPT_CONTENT$/, "CELERY_ACCEPT_CONTENT says it"],
  [/^(CELERY_)?REDIS_(URL|HOST|PORT|DB|PASSWORD|USERNAME)$/, "CELERY_RESULT_BACKEND says where results go"],
  [/^CELERY_BROKER_CONNECTION_(RETRY\w*|MAX_RETRIES)$/, "the worker always waits for its broker"],
  [/^CELERY_TASK_(ROUTES|DEFAULT_\w+|CREATE_MISSING_QUEUES)$/, "whoever sends a task names its queue"],
  [/^CELERY_TASK_(ALWAYS_EAGER|EAGER_\w+|SEND_SENT_EVENT)$/, "it is for those who send"],
  [/^CELERY_WORKER_(POOL\w*|LOST_WAIT)$/, "tasks run in threads"],
  [/^CELERY_WORKER_(HIJACK_ROOT_LOGGER|REDIRECT_STDOUTS\w*|LOG_COLOR|(TASK_)?LOG_FORMAT)$/, "LOG_FORMAT says it"],
  [/^CELERY_(BEAT|CACHE|SECURITY|IMPORTS?|INCLUDE|LOADER|CONFIG_MODULE)(_\w+)?$/, "this worker has no such part"],
];

function whyNotNeeded(name: string): string | null {
  return NOT_NEEDED.find(([names]) => names.test(name))?.[1] ?? null;
}

/**
 * Sentences about variables that are set and read by nobody: one about all that a Python worker needs and this one does
 * not, and one for each that looks like a mistake. RabbitMQ, Docker and others own variables with the same prefixes, so
 * there only near misses are worth a word.
 */
export function describeUnknownVariables(given: Readonly<Record<string, string | undefined>>): string[] {
  const unknown = Object.keys(given).filter((name) => !isVariable(name) && !CELERYS_OWN.has(name));
  const notNeeded = unknown.flatMap((name) => {
    const because = whyNotNeeded(name);
    return because === null ? [] : [`${name} (${because})`];
  });
  const mistakes = unknown
    .filter((name) => OWN_PREFIX.test(name) && whyNotNeeded(name) === null)
    .flatMap((name) => {
      const variable = nearest(name, Object.keys(VARIABLES));
      const isNear = editDistance(name, variable) <= 2;
      if (isNear) return [`${name} is not a setting of this worker and is ignored; did you mean ${variable}?`];
      return name.startsWith("CELERY_") ? [`${name} is not a setting of this worker and is ignored`] : [];
    });
  return [...(notNeeded.length === 0 ? [] : [`not needed here, and ignored: ${notNeeded.join(", ")}`]), ...mistakes];
}
