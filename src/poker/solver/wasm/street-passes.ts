import { moduleBinder } from "../../wasm/shared-memory.js";
import { STREET_PASSES_MODULE } from "./street-passes-module.js";

/** Hands that a pass walks at once: the lanes of a vector. */
export const HANDS_AT_ONCE = 4;

/** What street-passes.wat reads of a street, a decision and a leaf: bytes of each. */
export const STREET_BYTES = 32;
export const DECISION_WORDS = 5;
export const LEAF_WORDS = 4;

/** The functions of street-passes.wat. Addresses, strides and row lengths are bytes in the memory they are bound to. */
export interface StreetPasses {
  /** @returns 1 when any of the hands gets to the street */
  down(
    street: number,
    seat: number,
    from: number,
    to: number,
    low: number,
    high: number,
    deadLow: number,
    deadHigh: number,
    origin: number,
    regrets: number,
    sums: number,
    rowBytes: number,
    weight: number,
    nodes: number,
    lanes: number,
    out: number,
  ): number;
  up(
    street: number,
    seat: number,
    from: number,
    to: number,
    low: number,
    high: number,
    deadLow: number,
    deadHigh: number,
    values: number,
    regrets: number,
    rowBytes: number,
    kept: number,
    keptNegative: number,
    nodes: number,
    lanes: number,
    target: number,
    targetStride: number,
    scale: number,
    mode: 0 | 1 | 2 | 3,
    least: number,
    weights: number,
  ): void;
}

/** Binds the passes to a memory. */
export const createStreetPasses = moduleBinder<StreetPasses>(STREET_PASSES_MODULE);
