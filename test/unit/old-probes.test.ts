import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SHIMS = join(ROOT, "docker/shims");
const folder = mkdtempSync(join(tmpdir(), "probes-"));
let server: Server;
let port: number;
let healthy = true;

beforeAll(async () => {
  symlinkSync(join(ROOT, "dist/cli/main.js"), join(folder, "celery"));
  server = createServer((request, response) => {
    const ok = request.url === "/live" || healthy;
    response.writeHead(ok ? 200 : 503).end(JSON.stringify({ status: ok ? "healthy" : "unhealthy" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Runs a stand-in with the image's PATH. */
async function probe(file: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    PATH: `${folder}:${SHIMS}:${process.env.PATH ?? ""}`,
    // As docker's --env-file hands it on.
    CELERY_HEALTH_PORT: `${port}  # health`,
  };
  try {
    return { code: 0, ...(await promisify(execFile)(file, args, { env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe("health_check", () => {
  const script = join(ROOT, "docker/health_check.sh");

  it("asks whether the worker is alive: one whose broker is away passes", async () => {
    healthy = false;
    expect(await probe(script)).toMatchObject({ code: 0 });
    expect(await probe("celery", "health")).toMatchObject({ code: 1 });
    healthy = true;
  });

  it("fails where no worker answers", async () => {
    const { code, stderr } = await probe("sh", "-c", `CELERY_HEALTH_PORT=1 ${script}`);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("is it running?") });
  });
});

describe("python", () => {
  it("runs the health check, whose file the Dockerfile puts there", () => {
    expect(readFileSync(join(SHIMS, "python"), "utf8")).toContain("exec /app/health_check.sh");
    expect(readFileSync(join(ROOT, "Dockerfile"), "utf8")).toContain("ln -s health_check.sh health_check.py");
  });

  it("says that it is none, for anything else", async () => {
    expect(await probe(join(SHIMS, "python"), "-c", "1")).toMatchObject({
      code: 127,
      stderr: expect.stringContaining("no Python in this image"),
    });
  });
});

describe("curl", () => {
  const curl = join(SHIMS, "curl");
  const url = () => `http://localhost:${port}/health`;

  it.each([[["-f"]], [["-fsS"]], [["--fail", "--silent", "--max-time", "5"]], [[]]])(
    "prints what the worker answers (%s)",
    async (flags) => {
      expect(await probe(curl, ...flags, url())).toEqual({ code: 0, stdout: '{"status":"healthy"}', stderr: "" });
    },
  );

  it("ends with curl's exit codes", async () => {
    healthy = false;
    expect(await probe(curl, "-f", url())).toMatchObject({ code: 22, stderr: expect.stringContaining("503") });
    expect(await probe(curl, "-sf", url())).toEqual({ code: 22, stdout: "", stderr: "" });
    expect(await probe(curl, url())).toMatchObject({ code: 0, stdout: '{"status":"unhealthy"}' });
    healthy = true;
    expect(await probe(curl, "-f", "http://localhost:1/health")).toMatchObject({ code: 7 });
    expect(await probe(curl, "-X", "POST", url())).toMatchObject({ code: 2, stderr: expect.stringContaining("-f") });
    expect(await probe(curl)).toMatchObject({ code: 2, stderr: expect.stringContaining("give one URL") });
  });

  it("writes to a file where it is told to", async () => {
    const file = join(folder, "out");
    expect(await probe(curl, "-fsS", "-o", file, url())).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(file, "utf8")).toBe('{"status":"healthy"}');
  });
});

describe("pgrep", () => {
  const pgrep = join(SHIMS, "pgrep");

  it("finds a process by its command line, and neither itself nor the shell that asks", async () => {
    const mark = `worker-${process.pid}-${Date.now()}`;
    expect(await probe(pgrep, "-f", mark)).toMatchObject({ code: 1, stdout: "" });
    expect(await probe("sh", "-c", `pgrep -f ${mark} || exit 1`)).toMatchObject({ code: 1, stdout: "" });
    const child = spawn(process.execPath, ["-e", "console.log('up'); process.stdin.resume()", mark]);
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      expect(await probe(pgrep, "-f", mark)).toMatchObject({ code: 0, stdout: `${child.pid}\n` });
      expect(await probe("sh", "-c", `pgrep -f ${mark} || exit 1`)).toMatchObject({ code: 0 });
    } finally {
      child.kill();
    }
  });

  it.each([[["-x", "celery"]], [[]], [["-f"]]])("says what it can where it is asked for more (%s)", async (args) => {
    expect(await probe(pgrep, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("pgrep -f PATTERN") });
  });
});
