import { readdirSync, readFileSync } from "node:fs";
import wabt from "wabt";
import { wasm } from "../src/poker/wasm/shared-memory.js";

/** Where WebAssembly text is, and beside it the modules made of it. */
export const WASM_FOLDERS = ["../src/poker/wasm/", "../src/poker/solver/wasm/"].map(
  (folder) => new URL(folder, import.meta.url),
);
const FEATURES = { simd: true, threads: true, bulk_memory: true };
const LINE = 110;

/**
 * Assembles WebAssembly text.
 * @throws Error naming the line that is none, or what this engine finds wrong with the module
 */
export async function assemble(name: string, text: string): Promise<Uint8Array> {
  const parsed = (await wabt()).parseWat(name, text, FEATURES);
  try {
    const bytes = Uint8Array.from(parsed.toBinary({}).buffer);
    new wasm.Module(bytes);
    return bytes;
  } finally {
    parsed.destroy();
  }
}

/** The TypeScript of every module as it should be: by the file's address. */
export async function wasmModuleFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const folder of WASM_FOLDERS) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".wat"))) {
      const name = file.slice(0, -".wat".length);
      const bytes = await assemble(file, readFileSync(new URL(file, folder), "utf8"));
      files.set(new URL(`${name}-module.ts`, folder).href, moduleText(name, bytes));
    }
  }
  return files;
}

function moduleText(name: string, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes).toString("base64");
  const lines = Array.from({ length: Math.ceil(base64.length / LINE) }, (_, i) =>
    base64.slice(i * LINE, (i + 1) * LINE),
  );
  return `/** ${name}.wat, assembled by scripts/assemble-wasm.ts: ${bytes.length} bytes in base64. */
export const ${name.toUpperCase().replaceAll("-", "_")}_MODULE = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;
}
