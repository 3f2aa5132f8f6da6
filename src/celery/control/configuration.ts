import { arch, release, type } from "node:os";
import { SOFTWARE_VERSION } from "../events/software.js";
import { snakeCase } from "../names.js";
import { pythonRepr } from "../protocol/repr.js";
import { compileSettings, type Settings } from "../settings.js";

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

/** The password of a URL, wherever one stands in a text. */
const URL_PASSWORD = /([a-z][\w+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi;

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
    return [name, SECRET_NAME.test(name) && isTelling(value) ? MASK : withoutSecrets(value)];
  });
  return { ...PYTHON_ONLY, ...Object.fromEntries(named) };
}

/** `celery report`: versions, platform, settings that differ from the default. */
export function describeInstallation(settings: Settings): string {
  const table = Object.entries(describeSettings(settings, false)).map(
    ([name, value]) => `${name}: ${pythonRepr(value, { escape: true })}`,
  );
  const broker = settings.brokerUrl.split(":", 1)[0] ?? "amqp";
  const results = maskPasswords(settings.resultBackend ?? "disabled");
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

/** The text without the passwords of its URLs. */
export function maskPasswords(text: string): string {
  return text.replace(URL_PASSWORD, `$1:${MASK}@`);
}

/** Nothing and yes or no tell no secret. */
function isTelling(value: unknown): boolean {
  return value !== null && value !== "" && typeof value !== "boolean";
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return maskPasswords(value);
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
