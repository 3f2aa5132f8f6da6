import { moduleBinder } from "../../wasm/shared-memory.js";
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

/** Binds the sweeps to a memory. */
export const createSingleSweeps = moduleBinder<SingleSweeps>(SINGLE_SWEEPS_MODULE);
