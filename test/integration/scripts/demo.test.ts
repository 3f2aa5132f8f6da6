import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { useDatabase, useVhost } from "../../support/services.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const vhost = useVhost();
const database = useDatabase();

/** `make demo` after its build, on the shared services; needs `dist`, which `make test` builds first. */
async function demo(env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/demo.ts"], {
    cwd: ROOT,
    env: { ...process.env, CELERY_BROKER_URL: vhost.url, DATABASE_URL: database.url, ...env },
  });
  return stdout;
}

const playerLine = (number: number) => new RegExp(`^${number} {2,}\\w\\w \\w\\w \\w\\w \\w\\w( +[\\d.]+ %){8}$`, "m");

it("takes a job from Python Celery through the built worker to a table of results", async () => {
  const output = await demo({});
  expect(output).toContain("through Python Celery");
  expect(output).toMatch(/100 % {2}COMPLETED {2}Completed successfully/);
  for (const number of [1, 2, 3]) expect(output).toMatch(playerLine(number));
  expect(output).toMatch(/^ {2}river +0 +check 100 %, bet 100 \(all-in\) 0 % +50\.0 \/ 50\.0 +0\.\d+ % of the pot/m);
  for (const spot of ["turn", "double board river", "three way river"])
    expect(output).toMatch(
      new RegExp(`^ {2}${spot} +\\d .* % of the pot(?:, in a cut game)? +\\d+ iterations, [\\d.]+ s$`, "m"),
    );
});
