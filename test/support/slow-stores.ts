import { afterEach } from "vitest";
import type { ResultRecord, ResultTarget } from "../../src/celery/results/backend.js";
import { DatabaseBackend } from "../../src/celery/results/database.js";
import { RedisBackend } from "../../src/celery/results/redis.js";
import { RpcBackend } from "../../src/celery/results/rpc.js";

/** How long a write is held up: milliseconds, or until the promise resolves. */
export type Delay = (target: ResultTarget, record: ResultRecord) => number | Promise<unknown>;

/** Holds up what workers of this process write to their real result backends, as a slow server or a busy machine does. */
export function useSlowStores(): { delay: Delay } {
  const none: Delay = () => 0;
  const control = { delay: none };
  for (const { prototype } of [RpcBackend, RedisBackend, DatabaseBackend]) {
    const { store } = prototype;
    prototype.store = async function (this: never, target: ResultTarget, record: ResultRecord) {
      const pause = control.delay(target, record);
      if (typeof pause !== "number") await pause;
      else if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      await store.call(this, target, record);
    };
  }
  afterEach(() => {
    control.delay = none;
  });
  return control;
}
