import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { freePorts, ProcessGuard, waitFor } from "../../../scripts/local/processes.js";

const MODULE = fileURLToPath(new URL("../../../scripts/local/processes.ts", import.meta.url));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A process that leaves its group and its session, as Erlang's port programs do, and notes its pid. */
const runaway = (folder: string) => [
  "-c",
  `setsid sh -c 'echo $$ >${folder}/runaway; exec sleep 300' & exec sleep 300`,
];

async function pidOfRunaway(folder: string): Promise<number> {
  return waitFor("the runaway", () => Number(readFileSync(join(folder, "runaway"), "utf8")) || undefined);
}

describe("ProcessGuard", () => {
  it("ends its processes, those that left their group too, and removes its folders", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guard-"));
    const guard = new ProcessGuard();
    guard.ownFolder(folder);
    const started = guard.spawn("sleeper", "sh", runaway(folder), { logFile: join(folder, "log") });
    const other = await pidOfRunaway(folder);
    await guard.close();
    expect([started.pid, other].filter(alive)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it("does the same when its owner is killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guard-"));
    const owner = ownerOfGuard(folder);
    const pid = await waitFor("the sleeper", () => Number(readFileSync(join(folder, "pid"), "utf8")) || undefined);
    const other = await pidOfRunaway(folder);
    owner.kill("SIGKILL");
    await waitFor("the end of the sleepers", () => ![pid, other].some(alive), { timeoutMs: 20_000 });
    await waitFor("the end of the folder", () => !existsSync(folder), { timeoutMs: 20_000 });
  });

  it("ends a process that ignores the polite signal", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guard-"));
    const guard = new ProcessGuard();
    guard.ownFolder(folder);
    const command = `trap '' TERM; echo >${folder}/ready; while :; do sleep 1; done`;
    const stubborn = guard.spawn("stubborn", "sh", ["-c", command], { logFile: join(folder, "log") });
    await waitFor("the trap", () => existsSync(join(folder, "ready")));
    await stubborn.end("SIGTERM", 100);
    expect(alive(stubborn.pid)).toBe(false);
    await guard.close();
  });

  it("reports a program that is not there by its exit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "guard-"));
    const guard = new ProcessGuard();
    guard.ownFolder(folder);
    const missing = guard.spawn("missing", "/no/such/program", [], { logFile: join(folder, "log") });
    expect(await missing.done).toBe(127);
    expect(missing.exited).toBe(true);
    await guard.close();
  });
});

function ownerOfGuard(folder: string): ChildProcess {
  const code = `
    import { writeFileSync } from "node:fs";
    import { ProcessGuard } from ${JSON.stringify(MODULE)};
    const guard = new ProcessGuard();
    guard.ownFolder(${JSON.stringify(folder)});
    const started = guard.spawn("sleeper", "sh", ${JSON.stringify(runaway(folder))}, { logFile: ${JSON.stringify(join(folder, "log"))} });
    writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(started.pid));
    setInterval(() => undefined, 1000);
  `;
  return spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], { stdio: "ignore" });
}

describe("freePorts", () => {
  it("gives different ports below the range of outgoing connections", async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });
});

describe("waitFor", () => {
  it("gives up at once when told that it is hopeless", async () => {
    const waiting = waitFor("the moon", () => false, { giveUp: () => "it is made of cheese" });
    await expect(waiting).rejects.toThrow("the moon: it is made of cheese");
  });

  it("keeps the last error as the cause of a time-out", async () => {
    const cause = new Error("refused");
    const waiting = waitFor("an answer", () => Promise.reject(cause), { timeoutMs: 50, everyMs: 10 });
    await expect(waiting).rejects.toMatchObject({ message: "an answer: not within 50 ms", cause });
  });
});
