import { expect, it } from "vitest";
import { memoryLimits } from "../../../../../src/celery/worker/wait/memory-limits.js";

it("has Celery's defaults for revoked tasks, and remembers more of those that ended", () => {
  expect(memoryLimits({})).toEqual({
    revokes: 50_000,
    revokesExpireMs: 10_800_000,
    ended: 50_000,
    endedExpireMs: Number.POSITIVE_INFINITY,
  });
});

it("reads Celery's variables, and refuses what is no number", () => {
  const env = {
    CELERY_WORKER_REVOKES_MAX: "10",
    CELERY_WORKER_REVOKE_EXPIRES: "1.5",
    CELERY_WORKER_SUCCESSFUL_MAX: "20",
    CELERY_WORKER_SUCCESSFUL_EXPIRES: "30",
  };
  expect(memoryLimits(env)).toEqual({ revokes: 10, revokesExpireMs: 1500, ended: 20, endedExpireMs: 30_000 });
  expect(() => memoryLimits({ CELERY_WORKER_REVOKES_MAX: "many" })).toThrow("CELERY_WORKER_REVOKES_MAX is many");
});
