import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** What compose.yaml takes from `.env` and has no default for. */
export const COMPOSE_SECRETS = [
  "RABBITMQ_PASSWORD",
  "POSTGRES_PASSWORD",
  "CELERY_WEB_TOKEN",
  "FLOWER_PASSWORD",
] as const;

export type ComposeSecrets = Readonly<Record<(typeof COMPOSE_SECRETS)[number], string>>;

/**
 * Adds a random value for each secret that the file does not have yet; what it has stays as it is. A new file can be read
 * by its owner alone.
 * @returns the secrets as the file has them now, and which of them are new
 */
export function ensureComposeSecrets(file: string): { secrets: ComposeSecrets; added: readonly string[] } {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const added = COMPOSE_SECRETS.filter((name) => !parseEnv(text)[name]);
  if (added.length > 0) {
    const gap = text === "" || text.endsWith("\n") ? "" : "\n";
    const lines = added.map((name) => `${name}=${randomBytes(16).toString("hex")}\n`).join("");
    writeFileSync(file, `${text}${gap}${lines}`, { mode: 0o600 });
  }
  const values = parseEnv(readFileSync(file, "utf8"));
  const secrets = Object.fromEntries(COMPOSE_SECRETS.map((name) => [name, values[name] ?? ""]));
  return { secrets: secrets as ComposeSecrets, added };
}
