import { randomUUID } from "node:crypto";
import type { ResultRecord, ResultTarget } from "../../../../src/celery/results/backend.js";

export function target(overrides: Partial<ResultTarget> = {}): ResultTarget {
  return {
    id: randomUUID(),
    task: "test.add",
    correlationId: null,
    replyTo: null,
    parentId: null,
    group: null,
    groupIndex: null,
    args: [2, 3],
    kwargs: { x: "é" },
    hostname: "celery@test",
    retries: 1,
    queue: "spot_simulation",
    ...overrides,
  };
}

export function success(result: unknown): ResultRecord {
  return { status: "SUCCESS", result, traceback: null, children: [] };
}
