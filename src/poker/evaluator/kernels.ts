import { createDeals, type Deals } from "../wasm/deals.js";
import { createHands, type Hands } from "../wasm/hands.js";
import { copyTables, type EvaluatorTables, WORKSPACE_BYTES, workspaceAt } from "./tables.js";

/** WebAssembly kernels over evaluator tables, and memory for what they are given and what they answer. */
export interface Kernels {
  readonly hands: Hands;
  /** Bound when it is first asked for. */
  readonly deals: Deals;
  /** Address of `workspace`. */
  readonly base: number;
  /** Scratch memory of the caller: whatever calls another function may find it overwritten. */
  readonly workspace: Uint8Array<SharedArrayBuffer>;
}

/** Kernels of this thread, which have a workspace, and how to give that back. */
interface Held {
  readonly tables: EvaluatorTables;
  readonly kernels: Kernels;
  readonly release: () => void;
}

let held: Held | undefined;

/** The kernels of this thread; they are its own until {@link releaseKernels}. */
export function kernelsOf(tables: EvaluatorTables): Kernels {
  if (held?.tables === tables) return held.kernels;
  releaseKernels();
  held = claim(tables) ?? claimOf(copyTables(tables), tables, 0);
  return held.kernels;
}

/** Gives the workspace back: a thread that may end calls this after its work. */
export function releaseKernels(): void {
  held?.release();
  held = undefined;
}

function claim(tables: EvaluatorTables): Held | undefined {
  for (let workspace = 0; workspace < tables.claims.length; workspace++) {
    if (Atomics.compareExchange(tables.claims, workspace, 0, 1) === 0) return claimOf(tables, tables, workspace);
  }
  // A thread that is killed keeps its claim.
  return undefined;
}

function claimOf({ memory, claims }: EvaluatorTables, tables: EvaluatorTables, workspace: number): Held {
  const base = workspaceAt(workspace);
  let deals: Deals | undefined;
  const kernels = {
    hands: createHands(memory),
    get deals() {
      deals ??= createDeals(memory);
      return deals;
    },
    base,
    workspace: new Uint8Array(memory.buffer, base, WORKSPACE_BYTES),
  };
  return { tables, kernels, release: () => Atomics.store(claims, workspace, 0) };
}
