import { createRequire } from "node:module";
import { DecodeError, EncodeError } from "./errors.js";
import { toPlainValue } from "./plain-value.js";

type YamlLibrary = typeof import("yaml");

const require = createRequire(import.meta.url);
let library: YamlLibrary | undefined;

/** Loads the library at first use: most workers never see YAML. */
function yaml(): YamlLibrary {
  library ??= require("yaml") as YamlLibrary;
  return library;
}

/**
 * Reads YAML as PyYAML's `safe_load`: version 1.1, no application tags.
 *
 * @throws DecodeError
 */
export function decodeYaml(text: string): unknown {
  try {
    const document = yaml().parseDocument(text, { version: "1.1", intAsBigInt: true, logLevel: "silent" });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw problem;
    return normalize(document.toJS({ maxAliasCount: 100 }));
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError(`invalid YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** @throws EncodeError */
export function encodeYaml(value: unknown): string {
  const plain = toPlainValue(value);
  try {
    return yaml().stringify(plain, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 });
  } catch (cause) {
    throw new EncodeError(`cannot write YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Integers that fit become numbers again, binary becomes a Buffer. */
function normalize(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(normalize);
  if (value instanceof Set) return [...value].map(normalize);
  if (value instanceof Map) return [...value].map(([key, item]) => [normalize(key), normalize(item)]);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]));
}
