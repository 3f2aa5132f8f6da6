import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");

const Step = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
const Job = z.looseObject({
  uses: z.string().optional(),
  needs: z.string().optional(),
  "timeout-minutes": z.number().optional(),
  steps: z.array(Step).optional(),
});
const Workflow = z.looseObject({
  name: z.string(),
  permissions: z.strictObject({ contents: z.literal("read") }),
  jobs: z.record(z.string(), Job),
});

describe.each(readdirSync(FOLDER))("%s", (file) => {
  const { jobs } = Workflow.parse(parse(readFileSync(join(FOLDER, file), "utf8")));

  test("calls targets of the Makefile that are there, and jobs that are there", () => {
    const targets = new Set(
      [...readFileSync(join(ROOT, "Makefile"), "utf8").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name),
    );
    for (const { steps = [], needs } of Object.values(jobs)) {
      if (needs !== undefined) expect(Object.keys(jobs)).toContain(needs);
      for (const { run = "" } of steps)
        for (const [, target] of run.matchAll(/\bmake ([a-z-]+)/g)) expect(targets).toContain(target);
    }
  });

  test("every job ends, and names the version of each action", () => {
    for (const job of Object.values(jobs)) {
      if (job.uses !== undefined) continue;
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
      for (const { uses } of job.steps ?? []) if (uses !== undefined) expect(uses).toMatch(/@v\d+$/);
    }
  });
});
