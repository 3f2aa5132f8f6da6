import type { Worker } from "../../src/celery/index.js";
import type { WorkerCore } from "../../src/celery/worker/core.js";

/** What a worker is made of, which its users do not see. */
export function inside(worker: Worker): WorkerCore {
  return Reflect.get(worker, "core") as WorkerCore;
}
