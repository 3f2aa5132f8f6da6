import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ImproperlyConfigured } from "../../../src/celery/errors.js";
import { snakeCase } from "../../../src/celery/names.js";
import { compileSettings } from "../../../src/celery/settings.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8");

/** Defaults that depend on the machine, or are functions. */
const IN_WORDS = new Map([
  ["workerConcurrency", "number of CPUs"],
  ["deadLetterQueue", "`<queue>-dlq`"],
]);

/** Rows of the table between two marks, without its head. */
function rows(mark: string): string[][] {
  const table = page.split(`<!-- ${mark} -->`)[1]?.split(`<!-- /${mark} -->`)[0] ?? "";
  return table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) => row.split("|").map((cell) => cell.trim()))
    .map(([, ...cells]) => cells);
}

/** Tests that the page names: file and name. */
function citedTests(): [file: string, name: string][] {
  const citations = page.matchAll(/`((?:unit|integration|conformance|fault)\/[\w/-]+)`: ((?:"[^"]+"(?:, )?)+)/g);
  return [...citations].flatMap(([, file = "", names = ""]) =>
    [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]): [string, string] => [file, name]),
  );
}

/** A test file, or one that several test files share. */
function sourceOf(file: string): string {
  const path = join(ROOT, "test", file);
  return readFileSync(existsSync(`${path}.test.ts`) ? `${path}.test.ts` : `${path}.ts`, "utf8");
}

it("docs/compatibility.md lists every setting, with Celery's name and the default", () => {
  const documented = rows("settings").map(([setting, , value]) => [setting, value]);
  const settings = Object.entries(compileSettings({})).map(([key, value]) => [
    `\`${key}\``,
    IN_WORDS.get(key) ?? `\`${JSON.stringify(value)}\``,
  ]);
  expect(documented).toEqual(settings);
  for (const [setting = "", celery = "", , meaning = ""] of rows("settings"))
    expect(celery).toBe(meaning.startsWith("ours") ? "–" : snakeCase(setting));
});

it("refuses the settings of Celery that docs/compatibility.md says it refuses", () => {
  const refused = rows("refused").flatMap(([names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  expect(refused.length).toBeGreaterThan(100);
  for (const name of refused) {
    expect(() => compileSettings({ [name]: 1 }), name).toThrow(/unknown setting .*: did you mean /);
  }
});

it.each([
  ["enable_utc", false],
  ["task_remote_tracebacks", true],
  ["worker_enable_soft_shutdown_on_idle", true],
])("refuses %s = %s, which would have no effect", (name, value) => {
  expect(() => compileSettings({ [name]: value })).toThrow(ImproperlyConfigured);
  expect(() => compileSettings({ [name]: !value })).not.toThrow();
});

it("names only tests that exist", () => {
  const cited = citedTests();
  expect(cited.length).toBeGreaterThan(100);
  const missing = cited.filter(([file, name]) => !sourceOf(file).includes(`"${name}"`));
  expect(missing).toEqual([]);
});
