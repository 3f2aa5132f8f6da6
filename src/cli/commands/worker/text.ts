import { arch, release, type } from "node:os";
import type { Celery, Worker } from "../../../celery/index.js";
import {
  describeMachine,
  displayUrl,
  machine,
  parseBrokerUrl,
  redactUrl,
  SOFTWARE_VERSION,
} from "../../../celery/values.js";

/**
 * What `celery worker` prints before it starts: where it connects, what it consumes, which tasks it has.
 * @param health where its health can be asked; null where it opens no port for that
 */
export function startupBanner(app: Celery, worker: Worker, health: string | null): string {
  const { settings } = worker;
  const autoscale = settings.workerAutoscale;
  const concurrency =
    autoscale === null ? `${worker.slots.limit} (threads)` : `{min=${autoscale.min}, max=${autoscale.max}} (threads)`;
  const shares = [...worker.slots.groups].map(([name, { limit }]) => `, ${name} up to ${limit}`).join("");
  const events = settings.workerSendTaskEvents ? "ON" : "OFF (enable -E to monitor tasks in this worker)";
  const system = `${type()}-${release()}-${arch()} ${new Date().toISOString().slice(0, 19).replace("T", " ")}`;
  const config = [
    ["app", app.name],
    ["transport", parseBrokerUrl(settings.brokerUrl).map(displayUrl).join(";")],
    ["results", redactUrl(settings.resultBackend ?? "disabled://", "**")],
    ["concurrency", concurrency + shares],
    ["machine", describeMachine(machine())],
    ["task events", events],
    ["health", health ?? `no port; celery inspect ping -d ${worker.nodename}`],
  ] as const;
  const queues = worker.queues.map(
    ({ name, exchange = name, exchangeType = "direct", routingKey = name }) =>
      `  .> ${name.padEnd(16)} exchange=${exchange}(${exchangeType}) key=${routingKey}`,
  );
  return [
    "",
    ` -------------- ${worker.nodename} v${SOFTWARE_VERSION} (Node.js ${process.versions.node})`,
    ` -------------- ${system}`,
    "",
    "[config]",
    ...config.map(([name, value]) => `  .> ${`${name}:`.padEnd(13)}${value}`),
    "",
    "[queues]",
    ...queues,
    "",
    "[tasks]",
    ...[...app.tasks.keys()].sort().map((name) => `  . ${name}`),
    "",
    "",
  ].join("\n");
}
