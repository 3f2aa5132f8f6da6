import { describe, expect, it } from "vitest";
import { ClusterState } from "../../../src/celery/events/cluster-state.js";
import { MonitorModel } from "../../../src/cli/commands/events/monitor/model.js";
import { EventRates } from "../../../src/cli/commands/events/monitor/rates.js";
import { render } from "../../../src/cli/commands/events/monitor/render.js";

const NOW = 1795464304;

function monitor(): MonitorModel {
  const state = new ClusterState();
  const common = { hostname: "w1@host", timestamp: NOW, local_received: NOW, clock: 1 };
  state.apply({ ...common, type: "worker-online", freq: 2, active: 1, processed: 7, loadavg: [0.5, 0, 0] });
  for (const uuid of ["id-1", "id-2", "id-3"])
    state.apply({ ...common, type: "task-received", uuid, name: `t.${uuid}`, args: "(1,)" });
  state.apply({
    ...common,
    type: "task-failed",
    uuid: "id-1",
    exception: "KeyError('x')",
    traceback: "line 1\nline 2",
  });
  return new MonitorModel(state);
}

function draw(model: MonitorModel, columns = 100, rows = 16): string[] {
  const context = { columns, rows, version: "1.0", rates: new EventRates(), nowSeconds: NOW };
  return render(model, context).map(({ text }) => text.trimEnd());
}

describe("the screen", () => {
  it("shows workers, counts, and tasks with the newest first", () => {
    const lines = draw(monitor());
    expect(lines).toHaveLength(16);
    expect(lines[0]).toBe("celery events 1.0");
    expect(lines[1]).toMatch(/^workers 1\/1 {2}tasks 3 {2}events 5/);
    expect(lines.slice(4, 7).map((line) => line.split(" ")[0])).toEqual(["id-1", "id-3", "id-2"]);
    expect(lines[4]).toMatch(/t\.id-1 +w1@host +[\d:]+ FAILURE$/);
    expect(lines.at(-2)).toBe("Workers online: w1@host");
  });

  it("fits every size, and no text of a task steers the terminal", () => {
    const model = monitor();
    const evil = {
      type: "task-received",
      uuid: "\u001b[2Jx",
      name: "a\nb",
      hostname: "w",
      timestamp: NOW,
      local_received: NOW,
    };
    model.state.apply(evil);
    for (const [columns, rows] of [
      [20, 5],
      [40, 10],
      [200, 60],
      [5, 2],
    ] as const) {
      const lines = draw(model, columns, rows);
      expect(lines).toHaveLength(rows);
      for (const line of lines) {
        expect(line.length).toBeLessThanOrEqual(columns);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
        expect(line).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  });
});

describe("keys", () => {
  it("select a task, which stays selected while others arrive", () => {
    const model = monitor();
    model.press("down");
    expect(model.selected?.uuid).toBe("id-3");
    model.state.apply({ type: "task-received", uuid: "id-4", hostname: "w", timestamp: NOW, local_received: NOW });
    expect(model.selected?.uuid).toBe("id-3");
    model.press("home");
    expect(model.selected?.uuid).toBe("id-4");
    model.press("end");
    expect(model.selected?.uuid).toBe("id-2");
  });

  it("open the task's fields, its traceback, the workers and the help", () => {
    const model = monitor();
    model.press("enter");
    expect(draw(model).join("\n")).toMatch(/uuid +id-1[\s\S]*exception +KeyError\('x'\)/);
    model.press("t");
    expect(draw(model)).toContain("line 2");
    model.press("w");
    expect(draw(model).join("\n")).toMatch(/w1@host +ONLINE +1 +7 +0.5/);
    model.press("h");
    expect(draw(model).join("\n")).toMatch(/revoke it/);
    model.press("escape");
    expect(model.page).toBe("tasks");
  });

  it("revoke after a yes, and nothing after anything else", () => {
    const model = monitor();
    model.press("c");
    expect(draw(model).join("\n")).toMatch(/Revoke t\.id-1 id-1/);
    expect(model.press("n")).toBeNull();
    model.press("c");
    expect(model.press("y")).toEqual({ kind: "revoke", taskId: "id-1" });
    expect(model.press("q")).toEqual({ kind: "quit" });
  });

  it("say so when there is no task", () => {
    const model = new MonitorModel(new ClusterState());
    model.press("enter");
    expect(model.notice).toBe("no task is selected");
    expect(draw(model).at(-2)).toBe("Workers online: none");
  });
});

it("counts events of the last ten seconds", () => {
  const rates = new EventRates();
  for (const at of [0, 5_000, 9_000]) rates.count("task-received", at);
  expect(rates.perSecond("task-received", 10_000)).toBe(0.3);
  expect(rates.perSecond("task-received", 12_000)).toBe(0.2);
});
