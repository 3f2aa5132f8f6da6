import { Argument, type Command } from "commander";
import { ControlRegistry } from "../../../celery/values.js";

/** A command as the shell completes it. */
interface Node {
  readonly path: string;
  /** Sub-commands and options. */
  readonly words: readonly string[];
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
  const words = [...visible.map((child) => child.name()), ...controlNames(command.name()), ...options, "--help"];
  const own = { path, words: words.filter((word): word is string => typeof word === "string") };
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

function cases(nodes: readonly Node[]): string {
  return nodes.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`).join("\n");
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
${cases(nodes)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _celery celery
`;
}

function zshScript(nodes: readonly Node[]): string {
  return `#compdef celery
_celery() {
  local path_="" word words_=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case " ${nodes.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
      *" \${path_:+$path_/}$word "*) path_="\${path_:+$path_/}$word" ;;
    esac
  done
  local -a candidates
  case "\${path_//\\// }" in
${cases(nodes).replaceAll('words="', 'words_="')}
  esac
  candidates=(\${(s: :)words_})
  compadd -- $candidates
}
# Read from fpath this file is the function itself, and this its first call; else it is sourced.
if [ "$funcstack[1]" = "_celery" ]; then _celery "$@"; else compdef _celery celery; fi
`;
}
