/** Assembles the WebAssembly text of src into modules beside it: `npx tsx scripts/assemble-wasm.ts`, or `make build`. */
import { writeFileSync } from "node:fs";
import { WASM_FOLDER, wasmModuleFiles } from "./wasm-modules.js";

for (const [name, text] of await wasmModuleFiles()) writeFileSync(new URL(name, WASM_FOLDER), text);
