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
  readonly code: unknown;
}

/** Worker thread → main thread. */
export type ThreadMessage =
  | { readonly type: "ready" }
  | { readonly type: "progress"; readonly call: number; readonly value: unknown }
  | { readonly type: "done"; readonly call: number; readonly output: unknown; readonly heapBytes: number }
  | { readonly type: "failed"; readonly call: number; readonly error: ThreadError; readonly heapBytes: number };

/** Thrown on the main thread for an error that a kernel threw: same name, message, stack and code. */
export function restoreError(from: ThreadError): Error {
  const error = new Error(from.message);
  error.name = from.name;
  if (from.stack !== undefined) error.stack = from.stack;
  if (from.code !== undefined) Object.assign(error, { code: from.code });
  return error;
}
