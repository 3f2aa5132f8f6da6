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
 * PyYAML takes the last of equal keys. The library's own texts about errors and its look for equal keys take time that
 * grows with the square of the text.
 */
const READING = {
  version: "1.1",
  customTags: pyYamlTags,
  logLevel: "error",
  prettyErrors: false,
  uniqueKeys: false,
} as const;

/**
 * Reads YAML as PyYAML's `safe_load`: version 1.1, no application tags.
 *
 * @throws DecodeError
 */
export function decodeYaml(text: string): unknown {
  try {
    const document = yaml().parseDocument(text, READING);
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined)
      throw new DecodeError(`invalid YAML: ${problem.message} ${placeOf(problem.pos[0], text)}`);
    return normalize(document.toJS({ maxAliasCount: 100 }));
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError(`invalid YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function placeOf(position: number, text: string): string {
  const before = text.slice(0, position).split("\n");
  return `at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** What PyYAML takes for a merge or value key unless it is quoted, and characters it takes for line ends or refuses. */
const NEEDS_QUOTES = /^(?:<<|=)$|[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const NEEDS_ESCAPE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** @throws EncodeError */
export function encodeYaml(value: unknown): string {
  const plain = toPlainValue(value);
  const { Document, Scalar, visit } = yaml();
  try {
    const document = new Document(plain, {
      version: "1.1",
      aliasDuplicateObjects: false,
      customTags: tagsWithoutMerge,
    });
    visit(document, {
      Scalar(_key, node) {
        if (typeof node.value === "string" && NEEDS_QUOTES.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      },
    });
    return document.toString({ lineWidth: 0 }).replace(NEEDS_ESCAPE, escapeCharacter);
  } catch (cause) {
    throw new EncodeError(`cannot write YAML: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** With the merge tag every `<<` would be written as that, quoted or not. */
function tagsWithoutMerge(tags: Parameters<typeof pyYamlTags>[0]): ReturnType<typeof pyYamlTags> {
  return pyYamlTags(tags).filter((tag) => typeof tag === "string" || !tag.tag.endsWith(":merge"));
}

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
