import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ControlRegistry } from "../../../src/celery/control/registry.js";
import { EventLines } from "../../../src/cli/commands/events/text.js";
import { replyText } from "../../../src/cli/commands/remote/text.js";
import { compileArguments } from "../../../src/cli/commands/remote/words.js";
import { createPidFile } from "../../../src/cli/commands/worker/pid-file.js";
import { Output, plural } from "../../../src/cli/terminal/output.js";

const registry = new ControlRegistry();
const words = (name: string, ...rest: string[]) => {
  const command = registry.get(name);
  if (command === null) throw new Error(name);
  return compileArguments(command, rest);
};

describe("words of the command line", () => {
  it.each([
    ["ping", [], {}],
    ["conf", ["true"], { with_defaults: true }],
    ["query_task", ["a", "b"], { ids: ["a", "b"] }],
    ["revoke", ["a"], { task_id: ["a"] }],
    ["terminate", ["KILL", "a", "b"], { signal: "KILL", task_id: ["a", "b"] }],
    ["rate_limit", ["t.add", "5/m"], { task_name: "t.add", rate_limit: "5/m" }],
    ["time_limit", ["t.add", "1.5", "3"], { task_name: "t.add", soft: 1.5, hard: 3 }],
    ["pool_grow", ["2"], { n: 2 }],
    ["autoscale", ["5"], { max: 5 }],
    ["add_consumer", ["q", "e", "topic", "k"], { queue: "q", exchange: "e", exchange_type: "topic", routing_key: "k" }],
  ])("%s %j", (name, rest, expected) => {
    expect(words(name, ...rest)).toEqual(expected);
  });

  it.each([
    ["ping", ["x"], /takes arguments: none \(x is too much\)/],
    ["pool_grow", ["many"], /n cannot be "many": it must be a whole number/],
    ["conf", ["maybe"], /true or false/],
    ["rate_limit", ["t.add"], /rate_limit is missing/],
  ])("%s %j is refused", (name, rest, message) => {
    expect(() => words(name, ...rest)).toThrow(message);
  });
});

describe("replies", () => {
  const output = new Output({ color: false });
  it.each([
    [{ ok: "pong" }, "OK", "    pong"],
    [{ error: "unknown task" }, "ERROR", "    unknown task"],
    [[], "OK", "- empty -"],
    [["a", "b [rate_limit=2/s]"], "OK", "* a\n* b [rate_limit=2/s]"],
    [
      [{ id: "a", args: [1], kwargs: {}, time_start: null }],
      "OK",
      "* {'id': 'a', 'args': [1], 'kwargs': {}, 'time_start': None}",
    ],
    [{ b: 1, a: { d: 1, c: 2 } }, "OK", '{\n    "a": {\n        "c": 2,\n        "d": 1\n    },\n    "b": 1\n}'],
    ["text", "OK", "text"],
    [null, "OK", "None"],
  ])("%j", (value, status, body) => {
    expect(replyText(value, output)).toEqual({ status, body });
  });

  it("have colours on a terminal only", () => {
    delete process.env.NO_COLOR;
    expect(replyText({ ok: 1 }, new Output({}, { isTTY: true })).status).toBe(
      "\u001b[32m\u001b[1mOK\u001b[22m\u001b[39m",
    );
    expect(replyText({ ok: 1 }, new Output({ color: false }, { isTTY: true })).status).toBe("OK");
    expect(plural(2, "node")).toBe("2 nodes");
  });
});

describe("event lines", () => {
  const base = { hostname: "w@h", timestamp: 1795464304.059, utcoffset: 0, pid: 1, clock: 5, local_received: 1 };
  it("name a task once it was received", () => {
    const lines = new EventLines();
    const received = {
      ...base,
      type: "task-received",
      uuid: "id",
      name: "t.add",
      args: "(1,)",
      kwargs: "{}",
      eta: null,
    };
    expect(lines.of(received)).toBe(
      "w@h [2026-11-23 20:05:04.059000] task received: t.add(id) args=(1,) kwargs={} clock=5, eta=None, local_received=1, pid=1, utcoffset=0",
    );
    expect(lines.of({ ...base, type: "task-started", uuid: "id" })).toBe(
      "w@h [2026-11-23 20:05:04.059000] task started: t.add(id) args=(1,) kwargs={} clock=5, local_received=1, pid=1, utcoffset=0",
    );
  });

  it("forget the task that was received longest ago", () => {
    const lines = new EventLines();
    const receive = (id: number) =>
      lines.of({ ...base, type: "task-received", uuid: `${id}`, name: "t.add", args: "()", kwargs: "{}" });
    for (let id = 0; id <= 4095; id++) receive(id);
    expect(lines.of({ ...base, type: "task-started", uuid: "0" })).not.toContain("t.add");
    expect(lines.of({ ...base, type: "task-started", uuid: "1" })).toContain("t.add(1)");
    expect(lines.of({ ...base, type: "task-started", uuid: "4095" })).toContain("t.add(4095)");
  });

  it("call a heartbeat by Celery's word", () => {
    const line = new EventLines().of({ ...base, timestamp: 1795464304, type: "worker-heartbeat", loadavg: [2.37, 1] });
    expect(line).toBe(
      "w@h [2026-11-23 20:05:04] heartbeat: clock=5, loadavg=[2.37, 1], local_received=1, pid=1, utcoffset=0",
    );
  });
});

describe("the pid file", () => {
  const folder = mkdtempSync(join(tmpdir(), "celery-pid-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("names this process, and replaces one that is gone", () => {
    const path = join(folder, "a.pid");
    writeFileSync(path, "4194999\n");
    createPidFile(path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  });

  it("of a process that lives is respected", () => {
    const path = join(folder, "b.pid");
    const other = readdirSync("/proc").find((name) => /^\d+$/.test(name) && name !== String(process.pid)) ?? "1";
    writeFileSync(path, other);
    expect(() => createPidFile(path)).toThrow(new RegExp(`already running\\? \\(pid: ${other}\\)`));
  });
});
