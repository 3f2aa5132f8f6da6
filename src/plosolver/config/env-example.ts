import type { Variable } from "./variable.js";
import { VARIABLES } from "./variables.js";

const LINE_WIDTH = 110;

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > LINE_WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** The text of `.env.example`, made from the variables themselves. */
export function renderEnvExample(): string {
  const lines = [
    ...wrap(
      "Every variable the worker reads. All are optional: what is commented out shows the default. Numbers may be arithmetic (30*60), lists may be Python's (['json']), booleans may be True, False, 1, 0, yes, no. A blank value counts as not set; quotes around a value and a comment behind it (30*60  # half an hour) are none of it (docker --env-file hands them on).",
    ),
  ];
  const entries: [string, Variable][] = Object.entries(VARIABLES);
  for (const [name, variable] of entries) {
    if (variable.section !== undefined) lines.push("", `# --- ${variable.section} ---`);
    lines.push(...wrap(variable.about), `#${name}=${variable.initial ?? ""}`);
  }
  return `${lines.join("\n")}\n`;
}
