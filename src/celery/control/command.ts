import { MAX_ID_LENGTH, MAX_IDS } from "../limits.js";
import type { ControlledWorker } from "./controlled-worker.js";

/** `inspect` commands only look, `control` commands change something: `celery inspect` and `celery control`. */
export type CommandKind = "inspect" | "control";

export type ParameterType = "string" | "integer" | "number" | "boolean" | "json";

/** An argument of a command, by the name that travels in the message. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Default false: the handler gets `default`. */
  readonly required?: boolean;
  readonly default?: unknown;
  readonly help: string;
  /** Given on the command line by position; the others travel in messages only. Default true. */
  readonly positional?: boolean;
  /** Takes every remaining word of the command line, as a list. */
  readonly variadic?: boolean;
}

/** A control command: what the worker runs, and what the command line and the documentation say of it. */
export interface ControlCommand {
  readonly name: string;
  /** A second name that older clients use. */
  readonly alias?: string;
  readonly kind: CommandKind;
  /** One sentence. */
  readonly help: string;
  /** How the arguments are shown in the command's usage. */
  readonly signature?: string;
  /** In the order of the command line. */
  readonly parameters?: readonly Parameter[];
  /** Takes arguments it does not know and ignores them, as most of Celery's own commands do. Default false. */
  readonly lenient?: boolean;
  /** False hides it from the command line: machines use it. Default true. */
  readonly visible?: boolean;
  /** Seconds a client waits for replies by default. Default 1. */
  readonly timeoutSeconds?: number;
  /** What it returns is the reply; what it throws becomes `{"error": repr}`. */
  readonly run: (worker: ControlledWorker, args: CommandArguments) => unknown;
}

/** Arguments by name, with defaults filled in; types are those the sender chose, so read them through this. */
export class CommandArguments {
  constructor(private readonly values: ReadonlyMap<string, unknown>) {}

  get(name: string): unknown {
    return this.values.get(name);
  }

  /** Whether Python would take the value for true: Flower sends 1 and 0. */
  flag(name: string): boolean {
    const value = this.values.get(name);
    return Array.isArray(value) ? value.length > 0 : Boolean(value);
  }

  /** @throws PythonError for anything but text */
  text(name: string): string {
    const value = this.values.get(name);
    if (typeof value === "string") return value;
    throw new PythonError("TypeError", `${name} must be a string`);
  }

  /** @throws PythonError for anything but a number or null */
  number(name: string): number | null {
    const value = this.values.get(name) ?? null;
    if (value === null || typeof value === "number") return value;
    throw new PythonError("TypeError", `${name} must be a number`);
  }

  /** One text or a list of them. */
  list(name: string): string[] {
    const value = this.values.get(name) ?? [];
    return (Array.isArray(value) ? value : [value]).map(String);
  }

  /** Ids, each once. @throws PythonError for more, or longer ones, than a worker can remember */
  ids(name: string): string[] {
    const ids = [...new Set(this.list(name))];
    if (ids.length > MAX_IDS)
      throw new PythonError("ValueError", `${name} has ${ids.length} ids: ${MAX_IDS} may be sent at once`);
    const long = ids.find((id) => id.length > MAX_ID_LENGTH);
    if (long !== undefined)
      throw new PythonError(
        "ValueError",
        `${name} has an id of ${long.length} characters: the most is ${MAX_ID_LENGTH}`,
      );
    return ids;
  }
}

/** An error that a client sees under its Python name: `{"error": "ValueError('Autoscale not enabled')"}`. */
export class PythonError extends Error {
  constructor(
    readonly excType: "TypeError" | "ValueError" | "KeyError" | "AttributeError",
    message: string,
  ) {
    super(message);
  }
}

/** The handler's answer when the sender shall get none. */
export const NO_REPLY = Symbol("no reply");

/** The reply of a command that did what it was asked. */
export function ok(value: unknown): { readonly ok: unknown } {
  return { ok: value };
}

/** The reply of a command that could not. */
export function refused(value: unknown): { readonly error: unknown } {
  return { error: value };
}

/**
 * Checks the arguments of a message as a call of the Python function would.
 * @throws PythonError with Python's own words for arguments that are missing or unknown
 */
export function bindArguments(command: ControlCommand, given: Readonly<Record<string, unknown>>): CommandArguments {
  const parameters = command.parameters ?? [];
  const values = new Map<string, unknown>(parameters.map((parameter) => [parameter.name, parameter.default ?? null]));
  for (const [name, value] of Object.entries(given)) {
    if (!values.has(name) && command.lenient !== true) {
      throw new PythonError("TypeError", `${command.name}() got an unexpected keyword argument '${name}'`);
    }
    values.set(name, value);
  }
  const missing = parameters.filter(({ name, required }) => required === true && !Object.hasOwn(given, name));
  if (missing.length > 0) throw new PythonError("TypeError", missingArguments(command.name, missing));
  return new CommandArguments(values);
}

function missingArguments(command: string, missing: readonly Parameter[]): string {
  const names = missing.map(({ name }) => `'${name}'`);
  const last = names.pop() ?? "";
  const all = names.length === 0 ? last : `${names.join(", ")}${names.length > 1 ? "," : ""} and ${last}`;
  return `${command}() missing ${missing.length} required positional argument${missing.length > 1 ? "s" : ""}: ${all}`;
}
