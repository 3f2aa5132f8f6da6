import type { CommandKind, ControlCommand, ControlReply } from "../../../celery/index.js";
import { byNode } from "../../../celery/tooling.js";
import type { ControlRegistry } from "../../../celery/values.js";
import { nearest } from "../../../celery/values.js";
import type { GlobalFlags } from "../../globals.js";
import { CliError, EXIT_UNAVAILABLE, EXIT_USAGE } from "../../globals.js";
import { type AppSession, withApp } from "../../session/broker-session.js";
import { Output, plural } from "../../terminal/output.js";
import { commandList } from "./list.js";
import { indent, replyText } from "./text.js";
import { compileArguments } from "./words.js";

/** Options of `inspect`, `control` and `status`. */
export interface RemoteFlags extends GlobalFlags {
  readonly timeout?: number;
  readonly destination?: string[];
  readonly json?: boolean;
  readonly list?: boolean;
}

const DEFAULT_TIMEOUT_SECONDS = 1;

/** `celery inspect COMMAND` and `celery control COMMAND`. */
export async function runRemote(
  kind: CommandKind,
  name: string | undefined,
  words: readonly string[],
  flags: RemoteFlags,
): Promise<void> {
  const output = new Output(flags);
  await withApp(flags, async (session) => {
    const { registry } = session;
    if (flags.list === true) {
      output.line(commandList(registry, kind));
      return;
    }
    const command = find(registry, kind, name);
    const args = compileArguments(command, words);
    const replies = await ask(session, command.name, args, flags, command.timeoutSeconds, (reply) =>
      say(output, reply, true),
    );
    if (flags.json === true) {
      output.json(kind === "inspect" ? byNode(replies) : replies.map(({ nodename, value }) => ({ [nodename]: value })));
      return;
    }
    if (kind === "inspect" && !output.quiet) output.line(`\n${plural(replies.length, "node")} online.`);
  });
}

/** `celery status`. */
export async function runStatus(flags: RemoteFlags): Promise<void> {
  const output = new Output(flags);
  await withApp(flags, async (session) => {
    const replies = await ask(session, "ping", {}, flags, undefined, (reply) => say(output, reply, false));
    if (flags.json === true) output.json(byNode(replies));
    else if (!output.quiet) output.line(`\n${plural(replies.length, "node")} online.`);
  });
}

async function ask(
  { client, connect }: AppSession,
  method: string,
  args: Record<string, unknown>,
  flags: RemoteFlags,
  timeoutSeconds: number | undefined,
  print: (reply: ControlReply) => void,
): Promise<ControlReply[]> {
  const seconds = flags.timeout ?? Math.max(DEFAULT_TIMEOUT_SECONDS, timeoutSeconds ?? 0);
  await connect();
  const replies = await client.control.broadcast(method, args, {
    reply: true,
    destination: flags.destination ?? null,
    timeout: seconds,
    ...(flags.json === true ? {} : { onReply: print }),
  });
  if (replies.length === 0) throw new CliError("No nodes replied within time constraint", EXIT_UNAVAILABLE);
  return replies;
}

function find(registry: ControlRegistry, kind: CommandKind, name: string | undefined): ControlCommand {
  const known = registry.list(kind);
  if (name === undefined) throw new CliError(`Missing argument 'COMMAND': see celery ${kind} --list`, EXIT_USAGE);
  const command = registry.get(name);
  if (command !== null && command.kind === kind) return command;
  if (command !== null)
    throw new CliError(`${name} is a command of ${command.kind}: celery ${command.kind} ${name}`, EXIT_USAGE);
  const names = known.map((other) => other.name);
  throw new CliError(
    `Command ${name} not recognized. Did you mean ${nearest(name, names)}? Available ${kind} commands: ${names.join(", ")}`,
    EXIT_USAGE,
  );
}

function say(output: Output, { nodename, value }: ControlReply, withBody: boolean): void {
  const { status, body } = replyText(value, output);
  const arrow = output.quiet ? "" : `${output.style("->", "white", "bold")} `;
  output.line(`${arrow} ${output.style(`${nodename}: `, "cyan", "bold")}${status}`);
  if (withBody && body !== "") output.line(indent(body, 4));
}
