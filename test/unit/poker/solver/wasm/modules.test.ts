import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { assemble, WASM_FOLDERS, wasmModuleFiles } from "../../../../../scripts/wasm-modules.js";

it("every module is what its text assembles to (npx tsx scripts/assemble-wasm.ts)", async () => {
  const files = await wasmModuleFiles();
  const kept = WASM_FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith("-module.ts"))
      .map((name) => new URL(name, folder).href),
  );
  expect([...files.keys()].sort()).toEqual(kept.sort());
  for (const [address, text] of files) expect(readFileSync(new URL(address), "utf8")).toBe(text);
});

it("text that is no WebAssembly is refused with its line", async () => {
  await expect(assemble("broken.wat", "(module\n  (func $f (i32.ad)))")).rejects.toThrow(/broken\.wat:2/);
});
