import type { ReceivedEvent } from "../../../celery/tooling.js";
import { pythonRepr, RecentMap } from "../../../celery/values.js";

const HUMAN_TYPES = new Map([
  ["worker-offline", "shutdown"],
  ["worker-online", "started"],
  ["worker-heartbeat", "heartbeat"],
]);

/** Tasks whose names are remembered, for their later events. */
const NAME_LIMIT = 4095;

/** Events as lines of text, in the form of `celery events --dump`. */
export class EventLines {
  readonly #tasks = new RecentMap<string>(NAME_LIMIT);

  of(event: ReceivedEvent): string {
    const { type, timestamp, hostname, ...rest } = event;
    const head = `${hostname} [${dateText(timestamp)}] ${HUMAN_TYPES.get(type) ?? type.replaceAll("-", " ")}`;
    if (!type.startsWith("task-")) return withFields(head, "", rest);
    const { uuid, ...fields } = rest;
    return withFields(`${head}`, ` ${this.#taskText(type, String(uuid), fields)}`, fields);
  }

  /** `name(id) args=… kwargs=…`; takes what it shows out of the fields. */
  #taskText(type: string, uuid: string, fields: Record<string, unknown>): string {
    if (type !== "task-received" && type !== "task-sent") return this.#tasks.get(uuid) ?? "";
    const text = `${fields.name}(${uuid}) args=${fields.args} kwargs=${fields.kwargs}`;
    for (const name of ["name", "args", "kwargs"]) delete fields[name];
    this.#tasks.set(uuid, text);
    return text;
  }
}

function withFields(head: string, subject: string, fields: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(fields).sort();
  const text = names.map((name) => `${name}=${valueText(fields[name])}`).join(", ");
  return `${head}${text === "" ? "" : ":"}${subject} ${text}`;
}

/** Python's `str`. */
function valueText(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value, { escape: true });
}

/** `2026-11-23 20:04:56.971000` in UTC. */
function dateText(seconds: number): string {
  const micros = Math.round((seconds - Math.floor(seconds)) * 1e6);
  const whole = new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return micros === 0 ? whole : `${whole}.${String(micros).padStart(6, "0")}`;
}
