/** Values of `celery worker`'s options. */
export interface WorkerFlags {
  readonly app?: string;
  readonly queues?: string[];
  readonly concurrency?: number;
  readonly hostname?: string;
  readonly loglevel?: string;
  readonly prefetchMultiplier?: number;
}
