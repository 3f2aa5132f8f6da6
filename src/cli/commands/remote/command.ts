import { type Command, InvalidArgumentError } from "commander";
import type { CommandKind } from "../../../celery/index.js";
import { ControlRegistry } from "../../../celery/values.js";
import { commaSeparated } from "../../globals.js";
import { commandList } from "./list.js";
import type { RemoteFlags } from "./run.js";

/** `celery inspect`, `celery control` and `celery status`. */
export function registerRemote(program: Command): void {
  registerKind(program, "inspect", "Inspect the workers by sending them the COMMAND inspect command.");
  registerKind(program, "control", "Send the COMMAND control command to the workers.");
  remoteOptions(program.command("status").description("Show list of workers that are online.")).action(
    async (_flags: RemoteFlags, command: Command) => {
      const { runStatus } = await import("./run.js");
      await runStatus(command.optsWithGlobals<RemoteFlags>());
    },
  );
}

function registerKind(program: Command, kind: CommandKind, description: string): void {
  const command = program
    .command(kind)
    .description(description)
    .argument("[command]", "one of the commands below")
    .argument("[arguments...]", "its arguments")
    .option("--list", `List available ${kind} commands and exit.`)
    .addHelpText("after", () => `\n${commandList(new ControlRegistry(), kind)}`);
  remoteOptions(command).action(
    async (name: string | undefined, words: string[], _flags: RemoteFlags, self: Command) => {
      const { runRemote } = await import("./run.js");
      await runRemote(kind, name, words, self.optsWithGlobals<RemoteFlags>());
    },
  );
}

function remoteOptions(command: Command): Command {
  return command
    .option("-t, --timeout <seconds>", "Timeout in seconds waiting for reply. (default: 1)", seconds)
    .option("-d, --destination <names>", "Comma separated list of destination node names.", commaSeparated)
    .option("-j, --json", "Use json as output format.");
}

function seconds(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError("it must be a number of seconds above 0");
  return number;
}
