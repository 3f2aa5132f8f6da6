import { EncodeError } from "./errors.js";
import { stringifyJson } from "./json.js";
import { pythonRepr } from "./repr.js";
import { fitsIn } from "./serializers.js";

/** An exception as it travels in results: JSON form of every serializer but pickle. */
export interface EncodedException {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[];
  readonly exc_module: string;
}

/** Properties by which an error class says what it is to Python. */
export interface PythonIdentity {
  readonly excType?: string;
  readonly excModule?: string;
  /** Arguments of the Python constructor; default: the message alone. */
  readonly excArgs?: readonly unknown[];
}

/** Characters of JSON that one argument of an exception may take, unless it is text. */
const MAX_ARGUMENT = 65_536;

/** Module reported for classes that Python does not know; a client makes up a class of the same name. */
const FOREIGN_MODULE = "javascript";

const BUILTINS: ReadonlyMap<string, string> = new Map([
  ["Error", "Exception"],
  ["AggregateError", "Exception"],
  ["TypeError", "TypeError"],
  ["RangeError", "ValueError"],
  ["SyntaxError", "ValueError"],
  ["URIError", "ValueError"],
  ["ReferenceError", "NameError"],
  ["EvalError", "RuntimeError"],
]);

const ERRNO: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "FileNotFoundError"],
  ["EEXIST", "FileExistsError"],
  ["EACCES", "PermissionError"],
  ["EPERM", "PermissionError"],
  ["ECONNREFUSED", "ConnectionRefusedError"],
  ["ECONNRESET", "ConnectionResetError"],
  ["EPIPE", "BrokenPipeError"],
  ["ETIMEDOUT", "TimeoutError"],
]);

/** An exception raised in another process, as a result message describes it. */
export class RemoteTaskError extends Error {
  readonly code = "CELERY_REMOTE_TASK";
  /** Python's (qualified) class name. */
  readonly pythonType: string;
  /** Python's module name; null when the message has none. */
  readonly module: string | null;
  readonly args: readonly unknown[];

  constructor(pythonType: string, module: string | null, args: readonly unknown[]) {
    super(messageOf(args));
    this.name = "RemoteTaskError";
    this.pythonType = pythonType;
    this.module = module;
    this.args = args;
  }

  get excType(): string {
    return this.pythonType;
  }

  get excModule(): string {
    return this.module ?? FOREIGN_MODULE;
  }

  get excArgs(): readonly unknown[] {
    return this.args;
  }
}

/** Describes anything thrown so that a Python client raises something useful. Never throws. */
export function encodeException(error: unknown): EncodedException {
  const { type, module, args } = identify(error);
  return { exc_type: type, exc_message: args.map(serializable), exc_module: module };
}

/** Rebuilds an error from a result. Values that are no encoded exception become the single argument of an `Exception`. */
export function decodeException(value: unknown): RemoteTaskError {
  if (typeof value === "object" && value !== null && "exc_type" in value && typeof value.exc_type === "string") {
    const message: unknown = "exc_message" in value ? value.exc_message : "";
    const module: unknown = "exc_module" in value ? value.exc_module : null;
    return new RemoteTaskError(
      value.exc_type,
      typeof module === "string" ? module : null,
      Array.isArray(message) ? message : [message],
    );
  }
  return new RemoteTaskError("Exception", "builtins", value === null || value === undefined ? [] : [value]);
}

/** A traceback is cut to so many characters: an error's message may hold all of what it complains about. */
const MAX_TRACEBACK = 100_000;

/** The text stored as `traceback`: the JavaScript stack, with those of the causes. */
export function tracebackOf(error: unknown): string {
  const seen = new Set<unknown>();
  const parts: string[] = [];
  let current = error;
  while (current instanceof Error && !seen.has(current)) {
    seen.add(current);
    parts.push(current.stack ?? `${current.name}: ${current.message}`);
    current = current.cause;
  }
  if (current !== undefined && !seen.has(current)) parts.push(pythonRepr(current));
  const text = parts.join("\nCaused by: ");
  return text.length > MAX_TRACEBACK ? `${text.slice(0, MAX_TRACEBACK)}…` : text;
}

/** Python's `repr` of the exception: `ValueError('x')`. Shown in logs and events. */
export function exceptionRepr(error: unknown): string {
  const { type, args } = identify(error);
  const name = type.slice(type.lastIndexOf(".") + 1);
  return `${name}(${args.map((arg) => pythonRepr(arg, { escape: true })).join(", ")})`;
}

function identify(error: unknown): { type: string; module: string; args: readonly unknown[] } {
  if (!(error instanceof Error)) {
    return { type: "Exception", module: "builtins", args: [error === undefined ? null : error] };
  }
  const declared = error as PythonIdentity & Error;
  const args = Array.isArray(declared.excArgs) ? declared.excArgs : [issuesOf(error) ?? error.message];
  if (typeof declared.excType === "string") {
    return { type: declared.excType, module: declared.excModule ?? FOREIGN_MODULE, args };
  }
  // A subclass that sets no name of its own inherits that of the built-in class.
  const className = error.constructor?.name || "Error";
  const name = BUILTINS.has(error.name) || error.name === "" ? className : error.name;
  const builtin = name === "Error" ? (systemError(error) ?? "Exception") : BUILTINS.get(name);
  return builtin === undefined
    ? { type: name, module: FOREIGN_MODULE, args }
    : { type: builtin, module: "builtins", args };
}

/** The issues of a ZodError as a sentence: its message is their JSON, over many lines. Null for any other error. */
function issuesOf(error: Error): string | null {
  if (!/^\$?Zod(Real)?Error$/.test(error.name) || !("issues" in error) || !Array.isArray(error.issues)) return null;
  const sentences = error.issues.map((issue: { readonly path?: readonly PropertyKey[]; readonly message?: string }) => {
    const path = (issue.path ?? []).map(String).join(".");
    return path === "" ? `${issue.message}` : `${path}: ${issue.message}`;
  });
  return sentences.join("; ");
}

/** Node's file and network errors are plain Errors with a code. */
function systemError(error: Error): string | undefined {
  const code: unknown = "code" in error ? error.code : undefined;
  if (typeof code !== "string" || !("syscall" in error)) return undefined;
  return ERRNO.get(code) ?? "OSError";
}

/** Values that JSON cannot hold travel as their repr, as in Celery; so do large ones, of which the repr shows a part. */
function serializable(value: unknown): unknown {
  if (typeof value === "string") return value;
  if (!fitsIn(value, MAX_ARGUMENT)) return pythonRepr(value);
  try {
    stringifyJson(value);
    return value === undefined ? null : value;
  } catch (cause) {
    if (cause instanceof EncodeError) return pythonRepr(value);
    return "<unserializable>";
  }
}

function messageOf(args: readonly unknown[]): string {
  if (args.length === 0) return "";
  if (args.length > 1) return `(${args.map((arg) => pythonRepr(arg, { escape: true })).join(", ")})`;
  return typeof args[0] === "string" ? args[0] : pythonRepr(args[0]);
}
