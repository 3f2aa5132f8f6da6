/** Base of the errors of jobs. `code` is stable and listed in docs/errors.md. */
abstract class JobError extends Error {
  abstract readonly code: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A failure that no further attempt can mend: the job fails at once. */
export class PermanentJobError extends JobError {
  readonly code: string = "JOB_PERMANENT";
}

/** The message's arguments name no job. */
export class JobArgumentsError extends PermanentJobError {
  override readonly code = "JOB_ARGUMENTS";
}

/** No row with this id appeared in time. */
export class UnknownJobError extends PermanentJobError {
  override readonly code = "JOB_UNKNOWN";
  constructor(readonly jobId: string) {
    super(`there is no job ${jobId}`);
  }
}

/** The row belongs to the other task. */
export class JobTypeError extends PermanentJobError {
  override readonly code = "JOB_WRONG_TYPE";
}

/** `input_data` cannot be used; the message names the offending value. */
export class JobInputError extends PermanentJobError {
  override readonly code = "JOB_INPUT";
}

/** The job is understood but will not be done; the message says why. */
export class JobRefusedError extends PermanentJobError {
  override readonly code = "JOB_REFUSED";
}

/** The result cannot be written as JSON; the message names the place. */
export class JobResultError extends PermanentJobError {
  override readonly code = "JOB_RESULT";
}

/** The row says that this job failed before. */
export class JobAlreadyFailedError extends PermanentJobError {
  override readonly code = "JOB_ALREADY_FAILED";
}

/** The thread that computed the job died, for example because memory ran out; tried again like any other error. */
export class JobCrashedError extends JobError {
  readonly code = "JOB_CRASHED";
}

/** Abort reason: the row was set to CANCELLED. */
export class JobCancelledError extends JobError {
  readonly code = "JOB_CANCELLED";
}

/** Abort reason: the job's row is gone. */
export class JobDeletedError extends JobError {
  readonly code = "JOB_DELETED";
}

/** Abort reason: another delivery took the job over. */
export class JobSupersededError extends JobError {
  readonly code = "JOB_SUPERSEDED";
}

/** The database lacks tables or columns, or migrations could not be applied. */
export class MigrationError extends JobError {
  readonly code = "JOB_MIGRATION";
}
