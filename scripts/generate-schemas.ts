/** Writes docs/schemas from the zod schemas: `npx tsx scripts/generate-schemas.ts`. A test checks that they are current. */
import { mkdirSync, writeFileSync } from "node:fs";
import { jsonSchemaFiles } from "./json-schemas.js";

const folder = new URL("../docs/schemas/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of jsonSchemaFiles()) writeFileSync(new URL(name, folder), text);
