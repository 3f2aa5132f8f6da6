import type { TaskRequest } from "../celery/index.js";
import type { WorkerView } from "./worker-view.js";

/** How a task ended, as the label `status` says it. */
export type TaskStatus = "success" | "failure" | "retry" | "revoked" | "rejected" | "ignored" | "abandoned";

type EndListener = (request: TaskRequest, status: TaskStatus, runtimeSeconds: number | null, result: unknown) => void;

/** Calls the listener once for each attempt that ends; `result` is null unless it succeeded. */
export function onEnd({ events }: WorkerView, listener: EndListener): void {
  events.on("taskSucceeded", (request, { runtimeSeconds, result }) =>
    listener(request, "success", runtimeSeconds, result),
  );
  events.on("taskFailed", (request, { runtimeSeconds }) => listener(request, "failure", runtimeSeconds, null));
  events.on("taskRetried", (request, { runtimeSeconds }) => listener(request, "retry", runtimeSeconds, null));
  events.on("taskRevoked", (request) => listener(request, "revoked", null, null));
  events.on("taskRejected", (request) => listener(request, "rejected", null, null));
  events.on("taskIgnored", (request) => listener(request, "ignored", null, null));
  events.on("taskAbandoned", (request) => listener(request, "abandoned", null, null));
}
