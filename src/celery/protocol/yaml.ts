import { createRequire } from "node:module";
import { DecodeError, EncodeError } from "./errors.js";
import { normalize } from "./normalize.js";
import { toPlainValue } from "./plain-value.js";
import { pyYamlTags } from "./yaml-scalars.js";

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
    const document = yaml().parseDocument(text, { version: "1.1", customTags: pyYamlTags, logLevel: "error" });
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
    return yaml().stringify(plain, {
      version: "1.1",
      aliasDuplicateObjects: false,
      lineWidth: 0,
      customTags: pyYamlTags,
    });
  } catch (cause) {
    throw new EncodeError(`cannot write YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
