import type { ClusterState, TaskState } from "../../../../celery/tooling.js";

/** What the monitor shows below its heading. */
export type MonitorPage = "tasks" | "workers" | "task" | "traceback" | "help" | "confirm-revoke";

/** What a key asks the program to do. */
export type MonitorAction = { readonly kind: "quit" } | { readonly kind: "revoke"; readonly taskId: string } | null;

/** The monitor without a terminal: what is selected, which page is open, and how keys change that. */
export class MonitorModel {
  page: MonitorPage = "tasks";
  /** Said at the foot until the next key. */
  notice = "";
  #selectedId: string | null = null;

  constructor(readonly state: ClusterState) {}

  /** Newest first. */
  tasks(): TaskState[] {
    return [...this.state.tasks.values()].reverse();
  }

  get selected(): TaskState | null {
    const id = this.#selectedId;
    return (id === null ? undefined : this.state.tasks.get(id)) ?? this.tasks()[0] ?? null;
  }

  /** @param key a character, or `up`, `down`, `pageup`, `pagedown`, `home`, `end`, `enter`, `escape`, `ctrl-c` */
  press(key: string): MonitorAction {
    this.notice = "";
    if (key === "ctrl-c" || key === "q") return { kind: "quit" };
    if (this.page === "confirm-revoke") return this.#answer(key);
    switch (key) {
      case "j":
      case "down":
        return this.#move(1);
      case "k":
      case "up":
        return this.#move(-1);
      case "pagedown":
        return this.#move(10);
      case "pageup":
        return this.#move(-10);
      case "home":
        return this.#move(Number.NEGATIVE_INFINITY);
      case "end":
        return this.#move(Number.POSITIVE_INFINITY);
      case "enter":
      case "i":
      case "r":
        return this.#open("task");
      case "t":
        return this.#open("traceback");
      case "w":
        return this.#open(this.page === "workers" ? "tasks" : "workers");
      case "?":
      case "h":
        return this.#open("help");
      case "c":
        return this.#open("confirm-revoke");
      case "escape":
        return this.#open("tasks");
      default:
        return null;
    }
  }

  #open(page: MonitorPage): null {
    const needsTask = page === "task" || page === "traceback" || page === "confirm-revoke";
    if (needsTask && this.selected === null) this.notice = "no task is selected";
    else {
      // The task stays selected while others arrive above it.
      if (needsTask) this.#selectedId = this.selected?.uuid ?? null;
      this.page = page;
    }
    return null;
  }

  #move(by: number): null {
    const tasks = this.tasks();
    const at = Math.max(
      0,
      tasks.findIndex(({ uuid }) => uuid === this.selected?.uuid),
    );
    const next = Math.min(tasks.length - 1, Math.max(0, at + by));
    this.#selectedId = tasks[next]?.uuid ?? null;
    return null;
  }

  #answer(key: string): MonitorAction {
    this.page = "tasks";
    const task = this.selected;
    if (key.toLowerCase() !== "y" || task === null) {
      this.notice = "nothing was revoked";
      return null;
    }
    return { kind: "revoke", taskId: task.uuid };
  }
}
