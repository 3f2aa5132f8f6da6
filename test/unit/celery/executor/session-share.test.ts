import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type SessionFiles, SessionShare } from "../../../../src/celery/executor/session-share.js";

const ALL = "000001ffffffffff";
const NONE = "0000000000000000";

/** The files of a process, with what was written, and the errors that the next writes end with. */
function filesOf({ session = process.pid, enabled = "1\n", nice = 0, capabilities = ALL } = {}) {
  const written: string[] = [];
  const errors: string[] = [];
  const contents: Record<string, string> = {
    "/proc/self/stat": `${process.pid} (a ) name) R 1 ${process.pid} ${session} 0 -1 0`,
    "/proc/sys/kernel/sched_autogroup_enabled": enabled,
    "/proc/self/autogroup": `/autogroup-7 nice ${nice}\n`,
    "/proc/self/status": `Name:\tnode\nCapEff:\t${capabilities}\n`,
  };
  const files: SessionFiles = {
    read(path) {
      const content = contents[path];
      if (content === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return content;
    },
    write(_path, content) {
      const code = errors.shift();
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      written.push(content);
    },
  };
  return { files, written, errors, contents };
}

afterEach(() => vi.useRealTimers());

describe.skipIf(process.platform !== "linux")("the share of a session", () => {
  it("is low while it is asked for, and what it was before afterwards", () => {
    const { files, written } = filesOf({ nice: 3 });
    const share = new SessionShare(files);
    for (const low of [false, true, true, false, false, true]) share.isLow = low;
    expect(written).toEqual(["10", "3", "10"]);
  });

  it.each([
    ["the session has another leader", { session: 1 }],
    ["autogroups are off", { enabled: "0\n" }],
    ["the session is low already", { nice: 12 }],
    ["the session is above the others", { nice: -5 }],
  ])("is left alone where %s", (_why, how) => {
    const { files, written } = filesOf(how);
    new SessionShare(files).isLow = true;
    expect(written).toEqual([]);
  });

  it("is left alone where the system has no such file", () => {
    const { files, written, contents } = filesOf();
    delete contents["/proc/self/autogroup"];
    new SessionShare(files).isLow = true;
    expect(written).toEqual([]);
  });

  it("is asked for again where changes come too often, and not where it is refused", () => {
    vi.useFakeTimers();
    const { files, written, errors } = filesOf();
    const share = new SessionShare(files);
    errors.push("EAGAIN", "EAGAIN");
    share.isLow = true;
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(["10"]);
    errors.push("EAGAIN");
    share.isLow = false;
    share.isLow = true;
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(["10"]);
    errors.push("EPERM");
    share.isLow = false;
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(["10"]);
  });

  it("waits, without the capability, until it would stay low, and is the usual one again at once", () => {
    vi.useFakeTimers();
    const { files, written } = filesOf({ capabilities: NONE });
    const share = new SessionShare(files);
    share.isLow = true;
    vi.advanceTimersByTime(300);
    share.isLow = false;
    share.isLow = true;
    vi.advanceTimersByTime(300);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(written).toEqual(["10"]);
    share.isLow = false;
    expect(written).toEqual(["10", "0"]);
  });

  it.skipIf(!isAutogrouped())("changes the real one of a process that leads its session", async () => {
    const module = pathToFileURL("src/celery/executor/session-share.ts").href;
    const script = `
      import { readFileSync } from "node:fs";
      import { setTimeout as sleep } from "node:timers/promises";
      const { SessionShare } = await import(${JSON.stringify(module)});
      const share = new SessionShare();
      const nice = () => readFileSync("/proc/self/autogroup", "utf8").trim().split(" ").pop();
      const until = async (wanted) => { while (nice() !== wanted) await sleep(20); };
      share.isLow = true;
      await until("10");
      share.isLow = false;
      await until("0");
      console.log("low and back");`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", "pipe", "inherit"] });
    expect(await text(child.stdout)).toBe("low and back\n");
  });
});

function isAutogrouped(): boolean {
  try {
    return (
      readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "utf8").trim() === "1" &&
      readFileSync("/proc/self/autogroup", "utf8") !== ""
    );
  } catch {
    return false;
  }
}
