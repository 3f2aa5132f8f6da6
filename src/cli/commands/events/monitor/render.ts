import type { TaskState, WorkerState } from "../../../../celery/tooling.js";
import { jsonText } from "../../../terminal/json-text.js";
import type { Style } from "../../../terminal/output.js";
import type { MonitorModel } from "./model.js";
import type { EventRates } from "./rates.js";

/** A line of the screen with its style. */
export interface ScreenLine {
  readonly text: string;
  readonly styles: readonly (Style | "inverse")[];
}

/** What a page is drawn from, beside the model. */
export interface RenderContext {
  readonly columns: number;
  readonly rows: number;
  readonly version: string;
  readonly rates: EventRates;
  readonly nowSeconds: number;
}

const STATE_STYLES = new Map<string, Style>([
  ["SUCCESS", "green"],
  ["FAILURE", "red"],
  ["REVOKED", "magenta"],
  ["REJECTED", "magenta"],
  ["RETRY", "yellow"],
  ["STARTED", "cyan"],
]);

const KEYS = "j:down k:up i:info t:traceback c:revoke w:workers h:help q:quit";

const HELP = [
  "j, ↓, k, ↑     select a task; PgUp, PgDn, Home, End go further",
  "i, r, Enter    its arguments, times and result",
  "t              its traceback",
  "c              revoke it, and end it when it runs (asks first)",
  "w              workers with their load",
  "Esc            back to the tasks",
  "q, Ctrl-C      leave",
];

/** Draws the model: exactly `rows` lines of at most `columns` characters. */
export function render(model: MonitorModel, context: RenderContext): ScreenLine[] {
  const heading = headingLines(model, context);
  const foot = footLines(model, context);
  const room = Math.max(0, context.rows - heading.length - foot.length);
  const body = bodyLines(model, context, room).slice(0, room);
  const filler = Array.from({ length: room - body.length }, () => plain(""));
  return [...heading, ...body, ...filler, ...foot].slice(0, context.rows).map((line) => cut(line, context.columns));
}

function headingLines({ state }: MonitorModel, { version, rates, nowSeconds }: RenderContext): ScreenLine[] {
  const alive = state.aliveWorkers(nowSeconds);
  const rate = (type: string) => rates.perSecond(type).toFixed(1);
  return [
    { text: `celery events ${version}`, styles: ["bold"] },
    plain(
      `workers ${alive.length}/${state.workers.size}  tasks ${state.tasks.size}  events ${state.eventCount}  ` +
        `received ${rate("task-received")}/s  succeeded ${rate("task-succeeded")}/s  failed ${rate("task-failed")}/s`,
    ),
    plain(""),
  ];
}

function footLines(model: MonitorModel, { nowSeconds }: RenderContext): ScreenLine[] {
  const names = model.state.aliveWorkers(nowSeconds).map(({ hostname }) => hostname);
  return [
    plain(`Workers online: ${names.length === 0 ? "none" : names.join(", ")}`),
    { text: model.notice === "" ? `Keys: ${KEYS}` : model.notice, styles: ["dim"] },
  ];
}

function bodyLines(model: MonitorModel, context: RenderContext, room: number): ScreenLine[] {
  switch (model.page) {
    case "tasks":
      return taskTable(model, context, room);
    case "workers":
      return workerTable([...model.state.workers.values()], model, context);
    case "task":
      return model.selected === null ? [] : taskDetail(model.selected);
    case "traceback":
      return String(model.selected?.fields.get("traceback") ?? "this task has no traceback")
        .split("\n")
        .map(plain);
    case "help":
      return HELP.map(plain);
    case "confirm-revoke":
      return [
        plain(`Revoke ${nameOf(model.selected)} ${model.selected?.uuid ?? ""}, and end it when it runs?`),
        plain("y: yes   any other key: no"),
      ];
  }
}

function taskTable(model: MonitorModel, { columns }: RenderContext, room: number): ScreenLine[] {
  const tasks = model.tasks();
  const widths = columnWidths(columns);
  const row = (cells: readonly string[]) => cells.map((cell, index) => fitText(cell, widths[index] ?? 10)).join(" ");
  const selected = tasks.findIndex(({ uuid }) => uuid === model.selected?.uuid);
  const visible = Math.max(1, room - 1);
  const first = Math.max(0, Math.min(selected - Math.floor(visible / 2), tasks.length - visible));
  return [
    { text: row(["UUID", "TASK", "WORKER", "TIME", "STATE"]), styles: ["bold"] },
    ...tasks.slice(first, first + visible).map((task, index) => {
      const text = row([
        task.uuid,
        nameOf(task),
        task.worker ?? task.client ?? "",
        clockTime(task.timestamp),
        task.state,
      ]);
      const style = STATE_STYLES.get(task.state);
      const styles: (Style | "inverse")[] = style === undefined ? [] : [style];
      if (first + index === selected) styles.push("inverse");
      return { text, styles };
    }),
  ];
}

/** The task's name gets what the others leave; the id is shown whole where there is room. */
function columnWidths(columns: number): number[] {
  const [worker, time, state] = [Math.min(28, Math.floor(columns / 5)), 8, 9];
  const rest = columns - worker - time - state - 4;
  const uuid = rest >= 60 ? 36 : Math.max(8, Math.floor(rest / 2));
  return [uuid, Math.max(8, rest - uuid), worker, time, state];
}

function workerTable(workers: readonly WorkerState[], model: MonitorModel, context: RenderContext): ScreenLine[] {
  const name = Math.min(40, Math.max(10, Math.floor(context.columns / 3)));
  const row = (cells: readonly string[]) =>
    fitText(cells[0] ?? "", name) +
    cells
      .slice(1)
      .map((cell, index) => (index === cells.length - 2 ? cell : fitText(cell, 11)))
      .join(" ");
  return [
    { text: row(["WORKER", " STATUS", "ACTIVE", "PROCESSED", "LOAD", "PID", "SOFTWARE"]), styles: ["bold"] },
    ...workers.map((worker): ScreenLine => {
      const alive = model.state.isAlive(worker, context.nowSeconds);
      return {
        text: row([
          worker.hostname,
          alive ? " ONLINE" : " OFFLINE",
          String(worker.active ?? "-"),
          String(worker.processed ?? "-"),
          worker.loadavg === null ? "-" : String(worker.loadavg[0]),
          String(worker.pid ?? "-"),
          `${worker.swIdent ?? "?"} ${worker.swVer ?? ""}`,
        ]),
        styles: [alive ? "green" : "red"],
      };
    }),
  ];
}

function taskDetail(task: TaskState): ScreenLine[] {
  const times = [...task.times].map(([event, seconds]) => [event, clockTime(seconds)] as const);
  const fields = [...task.fields].filter(([name]) => name !== "traceback");
  const rows = [
    ["uuid", task.uuid],
    ["state", task.state],
    ["worker", task.worker ?? ""],
    ...times,
    ...fields.map(([name, value]) => [name, typeof value === "string" ? value : jsonText(value)] as const),
  ] as const;
  return rows.map(([name, value]) => plain(`${name.padEnd(12)} ${value}`));
}

function nameOf(task: TaskState | null): string {
  return String(task?.fields.get("name") ?? "");
}

function clockTime(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

function fitText(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text.padEnd(width);
}

function cut(line: ScreenLine, columns: number): ScreenLine {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a task names itself must not steer the terminal
  const text = line.text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return { ...line, text: text.slice(0, columns) };
}

function plain(text: string): ScreenLine {
  return { text, styles: [] };
}
