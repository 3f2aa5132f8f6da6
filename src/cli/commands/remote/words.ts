import type { ControlCommand, Parameter, ParameterType } from "../../../celery/index.js";
import { parseJson } from "../../../celery/values.js";
import { CliError, EXIT_USAGE } from "../../globals.js";

/**
 * Arguments of a control command from the words behind its name.
 * @throws CliError naming the word that does not fit
 */
export function compileArguments(command: ControlCommand, words: readonly string[]): Record<string, unknown> {
  const positional = (command.parameters ?? []).filter((parameter) => parameter.positional !== false);
  const values: Record<string, unknown> = {};
  let rest = [...words];
  for (const parameter of positional) {
    if (parameter.variadic === true) {
      values[parameter.name] = rest;
      rest = [];
      continue;
    }
    const word = rest.shift();
    if (word !== undefined) values[parameter.name] = readWord(command, parameter, word);
    else if (parameter.required === true) throw usage(command, `${parameter.name} is missing`);
  }
  if (rest.length > 0) throw usage(command, `${rest.join(" ")} is too much`);
  return values;
}

function readWord(command: ControlCommand, parameter: Parameter, word: string): unknown {
  try {
    return READ[parameter.type](word);
  } catch {
    throw usage(command, `${parameter.name} cannot be ${JSON.stringify(word)}: it must be ${FORM[parameter.type]}`);
  }
}

function usage(command: ControlCommand, problem: string): CliError {
  return new CliError(
    `Command '${command.name}' takes arguments: ${command.signature ?? "none"} (${problem})`,
    EXIT_USAGE,
  );
}

const FORM: Readonly<Record<ParameterType, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  json: "JSON",
};

const READ: Readonly<Record<ParameterType, (word: string) => unknown>> = {
  string: (word) => word,
  integer: (word) => numberOf(word, Number.isInteger),
  number: (word) => numberOf(word, Number.isFinite),
  boolean: booleanOf,
  json: (word) => parseJson(word),
};

function numberOf(word: string, fits: (value: number) => boolean): number {
  const value = Number(word);
  if (word.trim() === "" || !fits(value)) throw new RangeError(word);
  return value;
}

/** Celery's strtobool. */
function booleanOf(word: string): boolean {
  const lower = word.toLowerCase();
  if (["true", "yes", "1", "on"].includes(lower)) return true;
  if (["false", "no", "0", "off"].includes(lower)) return false;
  throw new RangeError(word);
}
