/** What a thread is started with. */
export interface ThreadData {
  readonly background: boolean;
}

/** Main thread → worker thread. */
export interface RunMessage {
  readonly type: "run";
  readonly call: number;
  readonly module: string;
  readonly input: unknown;
  /** One int32: 1 once the caller wants the kernel to end. */
  readonly cancelFlag: SharedArrayBuffer;
}

/** An error as it crosses the thread boundary. */
export interface ThreadError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** `code`, and what the error says of itself to Python (`excType`, `excModule`, `excArgs`). */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Worker thread → main thread. */
export type ThreadMessage =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly call: number; readonly value: unknown }
  | { readonly type: "done"; readonly call: number; readonly output: unknown; readonly heapBytes: number }
  | { readonly type: "failed"; readonly call: number; readonly error: ThreadError; readonly heapBytes: number };

const STANDARD = new Map<string, ErrorConstructor>(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map((type) => [type.name, type]),
);

/** The error that a kernel threw, on the main thread: same class name, message, stack, code and Python identity. */
export function restoreError(from: ThreadError): Error {
  const error = new (STANDARD.get(from.name) ?? namedClass(from.name))(from.message);
  if (from.stack !== undefined) error.stack = from.stack;
  return Object.assign(error, from.more);
}

/** A class of the name, as results and logs show class names. */
function namedClass(name: string): ErrorConstructor {
  const type = class extends Error {
    override readonly name = name;
  };
  Object.defineProperty(type, "name", { value: name });
  return type as unknown as ErrorConstructor;
}
