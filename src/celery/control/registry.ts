import { ImproperlyConfigured } from "../errors.js";
import type { CommandKind, ControlCommand } from "./command.js";
import { appCommands } from "./commands/app.js";
import { debugCommands } from "./commands/debug.js";
import { eventCommands } from "./commands/events.js";
import { limitCommands } from "./commands/limits.js";
import { poolCommands } from "./commands/pool.js";
import { queueCommands } from "./commands/queues.js";
import { revokeCommands } from "./commands/revoke.js";
import { taskCommands } from "./commands/tasks.js";

/** Celery's own commands. */
const BUILTIN: readonly ControlCommand[] = [
  ...appCommands,
  ...taskCommands,
  ...revokeCommands,
  ...limitCommands,
  ...eventCommands,
  ...poolCommands,
  ...queueCommands,
  ...debugCommands,
];

/** The control commands of an app: what workers answer to, and what the command line and the documentation list. */
export class ControlRegistry {
  readonly #commands = new Map<string, ControlCommand>();

  constructor() {
    for (const command of BUILTIN) this.#commands.set(command.name, command);
  }

  /** Adds a command of the user's. @throws ImproperlyConfigured when its name or alias is taken */
  register(command: ControlCommand): void {
    for (const name of [command.name, command.alias]) {
      if (name !== undefined && this.get(name) !== null)
        throw new ImproperlyConfigured(`the control command ${name} exists already`);
    }
    this.#commands.set(command.name, command);
  }

  /** By name or alias; null when there is none. */
  get(name: string): ControlCommand | null {
    const command = this.#commands.get(name);
    if (command !== undefined) return command;
    for (const other of this.#commands.values()) if (other.alias === name) return other;
    return null;
  }

  /** Commands of one kind, by name. */
  list(kind: CommandKind, options: { readonly hidden?: boolean } = {}): ControlCommand[] {
    return [...this.#commands.values()]
      .filter((command) => command.kind === kind && (options.hidden === true || command.visible !== false))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
