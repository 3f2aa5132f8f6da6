import { expect, it } from "vitest";
import type { CommandKind, ControlCommand } from "../../../../src/celery/control/command.js";
import { LISTED_BYTES, LISTED_ENTRIES } from "../../../../src/celery/control/listing.js";
import { ControlRegistry } from "../../../../src/celery/control/registry.js";

const HEADING = `# Remote-control commands

What workers answer to \`celery inspect\`, \`celery control\`, Flower and Python's \`app.control\`. Replies have Celery's own
shapes and words. This page is made from the command registry (src/celery/control/): \`npx vitest run
test/unit/celery/control/docs.test.ts -u\` writes it anew.

Lists of requests (\`active\`, \`reserved\`, \`scheduled\`) show ${LISTED_ENTRIES.toLocaleString("en")} entries at most, and about ${LISTED_BYTES / 2 ** 20} MiB: a longer reply would
hold up all others. What is left out is counted in one more entry of the same keys, without an id and with the name
\`cut: n of m shown\`; its \`cut\` has both numbers as \`shown\` and \`of\`, and under \`scheduled\` its time is that of the first one
left out. The \`celery\` command shows it as a line.
`;

/** A table row: what stands between bars must not hold one. */
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function argumentsOf({ parameters = [] }: ControlCommand): string {
  return parameters
    .map(({ name, required, default: value, help }) => {
      const preset = required === true ? ", required" : value === undefined ? "" : ` = ${JSON.stringify(value)}`;
      return `\`${name}\`${preset}: ${help}`;
    })
    .join("; ");
}

function table(kind: CommandKind): string {
  const rows = new ControlRegistry()
    .list(kind, { hidden: true })
    .map((command) =>
      row([
        `\`${command.name}\`${command.alias === undefined ? "" : ` (\`${command.alias}\`)`}`,
        command.help,
        command.signature === undefined ? "" : `\`${command.signature}\``,
        argumentsOf(command),
      ]),
    );
  return [
    `## celery ${kind}`,
    "",
    row(["command", "what it does", "usage", "arguments"]),
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

it("docs/control.md lists the commands of the registry", async () => {
  const page = `${[HEADING, table("inspect"), "", table("control")].join("\n")}\n`;
  await expect(page).toMatchFileSnapshot("../../../../docs/control.md");
});
