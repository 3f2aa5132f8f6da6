import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findPython, RESULT_MODULES } from "../../../../scripts/local/provision.js";

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL("./peer.py", import.meta.url));

/** What a real Celery client sees of one task. */
export interface PythonView {
  readonly state: string;
  readonly value: unknown;
  /** Class, module, arguments. */
  readonly error: readonly [string, string, readonly unknown[]] | null;
  readonly traceback: string | null;
  readonly children: readonly string[];
  readonly date_done: string;
  readonly extended: Readonly<Record<string, unknown>>;
}

/** Runs one command of peer.py in a fresh Python. */
export async function python(command: Readonly<Record<string, unknown>>): Promise<unknown> {
  const interpreter = await findPython(RESULT_MODULES);
  if (interpreter === undefined) throw new Error("no Python with Celery and its result backends");
  const { stdout } = await run(interpreter, [SCRIPT, JSON.stringify(command)], { timeout: 50_000 });
  return JSON.parse(stdout);
}

export async function pythonReads(
  backend: string,
  ids: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<PythonView[]> {
  return (await python({ do: "read", backend, ids, ...options })) as PythonView[];
}
