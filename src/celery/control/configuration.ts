import { arch, release, type } from "node:os";
import { snakeCase } from "../names.js";
import { pythonRepr } from "../protocol/repr.js";
import { redactText, redactUrl } from "../secrets.js";
import { compileSettings, type Settings } from "../settings.js";
import { SOFTWARE_VERSION } from "../software.js";

const MASK = "********";

/** Where a worker is and what it reads: told by Python workers in whatever way they are configured. */
const ALWAYS_SHOWN = new Set([
  "acceptContent",
  "enableUtc",
  "timezone",
  "brokerUrl",
  "brokerHeartbeat",
  "resultBackend",
] satisfies (keyof Settings)[] as string[]);

/** Settings that this worker does not have and callers look for, with the values that say what it does. */
const PYTHON_ONLY = {
  deprecated_settings: null,
  include: [],
  worker_hijack_root_logger: false,
  worker_log_color: false,
} as const;

/** Names whose values Celery never shows. */
const SECRET_NAME = /api|token|key|secret|pass|signature|database/i;

/** Settings that are URLs: what of one cannot be read is hidden whole. */
const URLS: ReadonlySet<string> = new Set(["brokerUrl", "resultBackend"] satisfies (keyof Settings)[]);

/**
 * Settings under Celery's names, in a form JSON has, with secrets masked: values of secret names, and passwords in URLs.
 * @param withDefaults also those that nobody changed
 */
export function describeSettings(settings: Settings, withDefaults: boolean): Record<string, unknown> {
  const defaults: Readonly<Record<string, unknown>> = compileSettings({});
  const changed = (key: string, value: unknown) => JSON.stringify(value) !== JSON.stringify(defaults[key]);
  const shown = Object.entries(settings).filter(
    ([key, value]) => withDefaults || ALWAYS_SHOWN.has(key) || changed(key, value),
  );
  const named = shown.map(([key, value]) => {
    const name = snakeCase(key);
    if (URLS.has(key) && typeof value === "string") return [name, redactUrl(value, MASK)];
    return [name, SECRET_NAME.test(name) && isTelling(value) ? MASK : withoutSecrets(value)];
  });
  return { ...PYTHON_ONLY, ...Object.fromEntries(named) };
}

/** `celery report`: versions, platform, settings that differ from the default. */
export function describeInstallation(settings: Settings): string {
  const table = Object.entries(describeSettings(settings, false)).map(
    ([name, value]) => `${name}: ${pythonRepr(value, { escape: true })}`,
  );
  const broker = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(settings.brokerUrl)?.[0] ?? "amqp";
  const results = redactUrl(settings.resultBackend ?? "disabled://", MASK);
  return [
    "",
    `software -> node-celery:${SOFTWARE_VERSION} node:${process.versions.node}`,
    `            v8:${process.versions.v8} openssl:${process.versions.openssl ?? "none"}`,
    `platform -> system:${type()} arch:${arch()}`,
    `            kernel version:${release()} imp:Node.js`,
    "loader   -> node-celery",
    `settings -> transport:${broker} results:${results}`,
    "",
    ...table,
    "",
  ].join("\n");
}

/** Nothing and yes or no tell no secret. */
function isTelling(value: unknown): boolean {
  return value !== null && value !== "" && typeof value !== "boolean";
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return redactText(value, MASK);
  if (typeof value === "function") return `<function ${value.name}>`;
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_NAME.test(key) && key !== "routingKey" && isTelling(inner) ? MASK : withoutSecrets(inner),
    ]),
  );
}
