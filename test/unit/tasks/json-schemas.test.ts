import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { jsonSchemaFiles } from "../../../scripts/json-schemas.js";

const folder = new URL("../../../docs/schemas/", import.meta.url);

describe("docs/schemas", () => {
  it("is what `npx tsx scripts/generate-schemas.ts` writes today", () => {
    const files = jsonSchemaFiles();
    expect(readdirSync(folder).sort()).toEqual([...files.keys()].sort());
    for (const [name, text] of files) {
      const file = new URL(name, folder);
      expect(existsSync(file) && readFileSync(file, "utf8") === text, `${name} is out of date`).toBe(true);
    }
  });
});
