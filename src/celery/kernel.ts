/**
 * A kernel is a module of pure computation that runs in a worker thread. It exports
 * `run(input, context)`; input, output and progress values cross the thread boundary by structured clone
 * (SharedArrayBuffers are shared, not copied).
 */
export interface Kernel<Input, Output, Progress = unknown> {
  readonly module: URL;
  /** Long work that gives way: it computes only where nothing else of the worker wants to. */
  readonly background: boolean;
  /** Never set: carries the types. */
  readonly types?: { readonly input: Input; readonly output: Output; readonly progress: Progress };
}

/** Second argument of a kernel's `run`. */
export interface KernelContext<Progress = unknown> {
  /** Reports progress to `onProgress` on the main thread. */
  progress(value: Progress): void;
  /** True once the caller wants the kernel to end; a long kernel asks every few milliseconds and returns or throws. */
  cancelled(): boolean;
}

/** Signature of a kernel module's `run` export. */
export type KernelRun<Input, Output, Progress = unknown> = (
  input: Input,
  context: KernelContext<Progress>,
) => Output | Promise<Output>;

/** Options of {@link kernel}. */
export interface KernelOptions {
  /** See {@link Kernel.background}. Default false. */
  readonly background?: boolean;
}

/**
 * Names a kernel module with its types.
 * @param module for example `new URL("./compute.js", import.meta.url)`
 */
export function kernel<Input, Output, Progress = unknown>(
  module: URL,
  { background = false }: KernelOptions = {},
): Kernel<Input, Output, Progress> {
  return { module, background };
}
