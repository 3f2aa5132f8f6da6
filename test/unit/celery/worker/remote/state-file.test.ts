import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { type SavedState, StateFile } from "../../../../../src/celery/worker/remote/state-file.js";
import { waitUntil } from "../../../../support/wait-until.js";

const folder = mkdtempSync(join(tmpdir(), "celery-state-"));
afterAll(() => rmSync(folder, { recursive: true }));
const state: SavedState = { clock: 5, revoked: [["a", 1000]], revokedStamps: [["mid", ["x"]]] };
const warnings: string[] = [];
const log = pino({ level: "warn" }, { write: (line: string) => warnings.push(line) });
const file = (name: string) => new StateFile(join(folder, name), () => state, log);

it("gives back what was saved, readable by its owner alone, and leaves nothing else behind", () => {
  expect(file("new.json").load()).toBeNull();
  file("new.json").save();
  expect(file("new.json").load()).toMatchObject(state);
  expect(statSync(join(folder, "new.json")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["new.json"]);
  expect(warnings).toEqual([]);
});

it("saves changes soon", async () => {
  const saved = file("soon.json");
  saved.touch();
  await waitUntil(() => readdirSync(folder).includes("soon.json"));
});

it("leaves a file that it cannot understand, such as Python's, with a warning", () => {
  for (const text of ["\u0000shelve", "{}", '{"version": 2}']) {
    writeFileSync(join(folder, "other.db"), text);
    const other = file("other.db");
    expect(other.load()).toBeNull();
    other.save();
    expect(warnings.at(-1)).toMatch(/cannot understand the state file/);
    expect(readFileSync(join(folder, "other.db"), "utf8")).toBe(text);
  }
});

it("is never written through a link that somebody left in its folder", () => {
  const target = join(folder, "target");
  writeFileSync(target, "foreign");
  symlinkSync(target, join(folder, `linked.json.${process.pid}.tmp`));
  file("linked.json").save();
  expect(readFileSync(target, "utf8")).toBe("foreign");
  expect(file("linked.json").load()).toMatchObject(state);
});

it("says that it cannot be written, and lets the worker go on", () => {
  file("no/such/folder.json").save();
  expect(warnings.at(-1)).toMatch(/cannot write the state file/);
});
