import { type SharedMemory, wasm } from "../../wasm/shared-memory.js";
import { SINGLE_SWEEPS_MODULE } from "./single-sweeps-module.js";

/** The functions of single-sweeps.wat. Addresses and strides are bytes in the memory they are bound to. */
export interface SingleSweeps {
  /** @param wide 1: sixteen lanes, 0: eight */
  open(
    wide: 0 | 1,
    acc: number,
    accBytes: number,
    reach: number,
    reachStride: number,
    addSlots: number,
    addBounds: number,
    out: number,
    outStride: number,
    slots: number,
    bounds: number,
  ): void;
  compatible(addCount: number, count: number): void;
  showdown(addOrder: number, addEnd: number, order: number, end: number, kept: 0 | 1): void;
}

let compiled: object | undefined;

/** Binds the sweeps to a memory. The module is compiled once a thread. */
export function createSingleSweeps(memory: SharedMemory): SingleSweeps {
  compiled ??= new wasm.Module(Uint8Array.from(Buffer.from(SINGLE_SWEEPS_MODULE, "base64")));
  const { exports } = new wasm.Instance(compiled, { env: { memory } });
  return exports as unknown as SingleSweeps;
}
