import { moduleBinder } from "../../wasm/shared-memory.js";
import { SWEEPS_MODULE } from "./sweeps-module.js";

/** Terminals handled in one pass: 8 doubles fill one cache line. */
export const LANES = 8;
/** Bytes of one accumulator or matrix chunk. */
export const LANE_BYTES = LANES * 8;

/** The functions of sweeps.wat. Addresses and strides are bytes in the memory they are bound to. */
export interface Sweeps {
  compatible(
    reach: number,
    reachStride: number,
    out: number,
    outStride: number,
    acc: number,
    accBytes: number,
    addCount: number,
    addSlots: number,
    addBounds: number,
    count: number,
    slots: number,
    bounds: number,
  ): void;
  showdown(
    reach: number,
    reachStride: number,
    out: number,
    outStride: number,
    acc: number,
    accBytes: number,
    addOrder: number,
    addEnd: number,
    addSlots: number,
    addBounds: number,
    order: number,
    end: number,
    slots: number,
    bounds: number,
    keep: number,
  ): void;
}

/** Binds the sweeps to a memory. */
export const createSweeps = moduleBinder<Sweeps>(SWEEPS_MODULE);
