/** The part of the WebAssembly JavaScript interface src/poker uses; the ES library of TypeScript has none of it. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmApi {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: SharedMemory } },
  ) => { readonly exports: Readonly<Record<string, (...args: number[]) => void>> };
}

export const wasm: WasmApi = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;

const PAGE_BYTES = 65_536;

const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / PAGE_BYTES));

/** Bytes that {@link createSharedMemory} takes: whole pages. */
export const memoryBytes = (bytes: number): number => pagesOf(bytes) * PAGE_BYTES;

/** A shared memory of at least `bytes`; it never grows, so views of its buffer stay valid. At most 4 GiB. */
export function createSharedMemory(bytes: number): SharedMemory {
  const pages = pagesOf(bytes);
  return new wasm.Memory({ initial: pages, maximum: pages, shared: true });
}

/**
 * What binds a module, given as base64, to a memory. The module is compiled once a thread, when it is first bound.
 * @typeParam Exports what the module's text says of its functions
 */
export function moduleBinder<Exports>(base64: string): (memory: SharedMemory) => Exports {
  let compiled: object | undefined;
  return (memory) => {
    compiled ??= new wasm.Module(Uint8Array.from(Buffer.from(base64, "base64")));
    const { exports } = new wasm.Instance(compiled, { env: { memory } });
    return exports as unknown as Exports;
  };
}
