import { Argument, type Command } from "commander";
import { ControlRegistry } from "../../../celery/values.js";

/** A command as the shell completes it. */
interface Node {
  readonly path: string;
  /** Sub-commands, options, and values of an argument. */
  readonly words: readonly string[];
  /** Options that take one of some values. */
  readonly values: readonly { readonly names: readonly string[]; readonly words: readonly string[] }[];
}

/** `celery completion bash` and `celery completion zsh`. */
export function registerCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a completion script: source <(celery completion bash), or put zsh's into your fpath as _celery")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh"]))
    .action((shell: "bash" | "zsh") => {
      const nodes = describe(program, "");
      process.stdout.write(shell === "bash" ? bashScript(nodes) : zshScript(nodes));
    });
}

function describe(command: Command, path: string): Node[] {
  const visible = command.commands.filter((child) => child.description() !== "" && !isHidden(child));
  const options = command.options.flatMap(({ short, long, hidden }) => (hidden ? [] : [short, long]));
  const ofArguments = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const names = [...visible.map((child) => child.name()), ...controlNames(command.name()), ...ofArguments];
  const own = {
    path,
    words: [...names, ...options, "--help"].filter((word): word is string => typeof word === "string"),
    values: command.options.flatMap(({ short, long, argChoices }) =>
      argChoices === undefined
        ? []
        : [{ names: [short, long].filter((name) => name !== undefined), words: argChoices }],
    ),
  };
  return [own, ...visible.flatMap((child) => describe(child, `${path} ${child.name()}`.trim()))];
}

function isHidden(command: Command): boolean {
  return command.description().startsWith("not available");
}

/** `inspect` and `control` are completed with the commands of the registry. */
function controlNames(name: string): string[] {
  if (name !== "inspect" && name !== "control") return [];
  return new ControlRegistry().list(name).map((command) => command.name);
}

/** @param words name of the shell's variable */
function cases(nodes: readonly Node[], words: string): string {
  return nodes.map((node) => `    "${node.path}") ${words}="${node.words.join(" ")}" ;;`).join("\n");
}

/** After an option that takes one of some values: these alone. */
function valueCases(nodes: readonly Node[], words: string): string {
  const choices = nodes.flatMap(({ path, values }) =>
    values.map((value) => {
      const places = value.names.map((name) => `"${path}|${name}"`).join(" | ");
      return `    ${places}) ${words}="${value.words.join(" ")}" ;;`;
    }),
  );
  return choices.join("\n");
}

/** Both shells walk the words before the cursor and keep those that name a command. */
function bashScript(nodes: readonly Node[]): string {
  return `# bash completion of the celery command
_celery() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${nodes.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
      *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
    esac
  done
  case "\${path//\\// }" in
${cases(nodes, "words")}
  esac
  case "\${path//\\// }|\${COMP_WORDS[COMP_CWORD-1]}" in
${valueCases(nodes, "words")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _celery celery plosolver
`;
}

function zshScript(nodes: readonly Node[]): string {
  return `#compdef celery plosolver
_celery() {
  local path_="" word words_=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " ${nodes.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
      *" \${path_:+$path_/}$word "*) path_="\${path_:+$path_/}$word" ;;
    esac
  done
  local -a candidates
  case "\${path_//\\// }" in
${cases(nodes, "words_")}
  esac
  case "\${path_//\\// }|\${words[CURRENT-1]}" in
${valueCases(nodes, "words_")}
  esac
  candidates=(\${(s: :)words_})
  compadd -- $candidates
}
# Read from fpath this file is the function itself, and this its first call; else it is sourced.
if [ "$funcstack[1]" = "_celery" ]; then _celery "$@"; else compdef _celery celery plosolver; fi
`;
}
