import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function codesOfSources(): string[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, "src", file), "utf8");
    return [...text.matchAll(/\breadonly code(?:: string)? = "([A-Z_]+)"/g)].flatMap((match) => match[1] ?? []);
  });
}

test("every error code is unique and listed in docs/errors.md, and nothing else is", () => {
  const listed = [...readFileSync(join(ROOT, "docs/errors.md"), "utf8").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
    (match) => match[1],
  );
  expect(listed.sort()).toEqual(codesOfSources().sort());
});
