/** Assembles the WebAssembly text of src into modules beside it: `npx tsx scripts/assemble-wasm.ts`, or `make build`. */
import { writeFileSync } from "node:fs";
import { wasmModuleFiles } from "./wasm-modules.js";

for (const [address, text] of await wasmModuleFiles()) writeFileSync(new URL(address), text);
