import type { TaskHandler, TaskOptions } from "../celery/index.js";
import { PermanentJobError } from "../jobs/errors.js";
import { jobIdOfRequest } from "./job-arguments.js";
import type { JobDefinition, JobTaskSettings } from "./job-definition.js";
import { JobLife, MAX_RETRIES } from "./job-life.js";

/** Handler and options for `app.task(name, options, handler)`. */
export interface JobTask {
  readonly handler: TaskHandler;
  readonly options: TaskOptions;
}

/** The life that all jobs share, from message to row and back. */
export function jobTask<Input, Result>(definition: JobDefinition<Input, Result>, settings: JobTaskSettings): JobTask {
  const life = new JobLife(definition, settings);
  return {
    handler: (context, ...args) => life.handle(context, args),
    options: {
      maxRetries: MAX_RETRIES,
      acksLate: true,
      ...(settings.slotGroup === undefined ? {} : { slotGroup: settings.slotGroup }),
      throws: [PermanentJobError],
      logFields: (request) => ({ jobId: jobIdOfRequest(request) }),
      onFailure: (request, error) => life.onFailure(request, error),
      onRevoked: (request, info) => life.onRevoked(request, info),
    },
  };
}
