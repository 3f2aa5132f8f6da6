/**
 * What has no runtime behind it: values and names read and shown, secrets kept out of texts, what the machine is, which control
 * commands there are. For every room, also where nothing else of the runtime should be loaded: the configuration, `celery --help`.
 */
export { displayUrl, parseBrokerUrl } from "./amqp/url.js";
export type { BrokerUseSsl } from "./amqp/use-ssl.js";
export { cutText } from "./control/listing.js";
export { ControlRegistry } from "./control/registry.js";
export { envValue } from "./env-value.js";
export { asError, ImproperlyConfigured } from "./errors.js";
export { MAX_CONCURRENCY, MAX_HEARTBEAT_INTERVAL_SECONDS } from "./limits.js";
export { logStream } from "./log-stream.js";
export { describeMachine, type Machine, machine } from "./machine.js";
export { editDistance, nearest } from "./nearest.js";
export { normalPostgresUrl } from "./postgres-url.js";
export { isRecord, parseJson, stringifyJson } from "./protocol/json.js";
export { pythonRepr } from "./protocol/repr.js";
export { parseIso } from "./protocol/time.js";
export { createRedactor, mayHoldSecret, type Redactor, redactText, redactUrl, redactValue } from "./secrets.js";
export { parseServerUrl } from "./server-url.js";
export { SOFTWARE_VERSION } from "./software.js";
export { expandNodename } from "./worker/remote/nodename.js";
export { RecentMap } from "./worker/wait/recent.js";
