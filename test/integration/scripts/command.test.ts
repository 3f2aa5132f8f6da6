import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { useDatabase, useVhost } from "../../support/services.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const state = mkdtempSync(join(tmpdir(), "state-"));
const vhost = useVhost();
const database = useDatabase();

afterAll(() => rm(state, { recursive: true }));

/** Runs `scripts/services`; it uses the services that the variables name instead of booting its own. */
async function services(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, CELERY_BROKER_URL: vhost.url, DATABASE_URL: database.url, PLO_STATE_FOLDER: state };
  try {
    return { code: 0, ...(await promisify(execFile)(join(ROOT, "scripts/services"), args, { env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

it("holds the services in the background from up to down", async () => {
  expect(await services("env")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("services up") });
  const { code, stdout } = await services("up");
  expect(code).toBe(0);
  expect(stdout).toContain(`export CELERY_BROKER_URL='${vhost.url}'\n`);
  expect(stdout).toContain(`export DATABASE_URL='${database.url}'\n`);
  expect((await services("env")).stdout).toBe(stdout);
  expect((await services("up")).stdout).toBe(stdout);
  expect(await services("down")).toMatchObject({ code: 0 });
  expect(await services("env")).toMatchObject({ code: 1 });
});

it("runs a command with the URLs in its environment and passes its exit code on", async () => {
  const { code, stdout } = await services(
    "run",
    "sh",
    "-c",
    'echo "$CELERY_BROKER_URL $DATABASE_URL $REDIS_URL"; exit 7',
  );
  expect(code).toBe(7);
  expect(stdout).toMatch(`${vhost.url} ${database.url} redis://`);
});

it("explains itself and refuses what it does not know", async () => {
  expect(await services("help")).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: scripts/services") });
  expect((await services("upp")).code).toBe(2);
});
