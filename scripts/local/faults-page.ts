import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { type FaultCase, type Figures, inWords, passedLimits, rounded } from "../../test/fault/figures/fault-case.js";
import { ROOT } from "./state.js";

const FILE = join(ROOT, "docs/faults.md");
const HEAD = "| case | broker | jobs | lost | effects twice | left over | recovery s | limits | date | src |";
const RULE = "|---|---|--:|--:|--:|--:|--:|---|---|---|";

/** The rows of docs/faults.md by their case. Each names the tree of `src` that it was measured on. */
export class FaultsPage {
  readonly #rows = new Map<string, string>();

  constructor() {
    const text = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
    for (const [line, name] of text.matchAll(/^\| `([\w-]+)`.*\|$/gm)) this.#rows.set(name ?? "", line);
  }

  /** Trees of `src` that the rows were measured on. */
  get trees(): Set<string> {
    return new Set([...this.#rows.values()].map((row) => row.split(" | ").at(-1)?.replace(/[` |]/g, "") ?? ""));
  }

  set(fault: FaultCase, figures: Figures, tree: string): void {
    const { jobs, lost, twice, leftOver, recoverySeconds } = figures;
    const limits = figures.measures.filter(({ value, atMost }) => atMost > 0 || value > 0).map(inWords);
    if (fault.recoverWithin !== null) limits.unshift(`recovery ≤ ${fault.recoverWithin} s`);
    const passed = passedLimits(fault, figures);
    if (passed.length > 0) limits.push(`**passed: ${passed.join(", ")}**`);
    const cells = [
      `\`${fault.name}\`: ${fault.about}`,
      figures.broker,
      ...[jobs, lost, twice, leftOver].map(rounded),
      recoverySeconds === null ? "–" : recoverySeconds.toFixed(1),
      limits.join("; ") || "–",
      new Date().toISOString().slice(0, 10),
      `\`${tree.slice(0, 12)}\``,
    ];
    this.#rows.set(fault.name, `| ${cells.join(" | ")} |`);
  }

  /** Writes the page with the rows of these cases, in their order. */
  write(cases: readonly FaultCase[]): void {
    const rows = cases.map(({ name }) => this.#rows.get(name)).filter((row) => row !== undefined);
    writeFileSync(FILE, `${ABOUT}\nLast run on ${machine()}.\n\n${[HEAD, RULE, ...rows].join("\n")}\n`);
  }
}

function machine(): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const processor = `${others.length + 1} × ${first?.model.trim() ?? "unknown processor"}`;
  return `${processor}, ${memory} GB, Linux ${release()}, Node ${process.version}`;
}

const ABOUT = `# What faults cost

\`make faults\` brings about every fault below against services that it starts itself, and writes this page.
\`make faults ARGS=<case>\` runs one and replaces its row, \`ARGS=--quick\` those that \`make test\` runs too, \`ARGS=--list\` names
them. It ends with exit code 1 when a limit is passed: everywhere lost 0, effects twice 0 and left over 0, and no worker that
ends by itself.

- **lost**: jobs whose row is not COMPLETED in the end.
- **effects twice**: completions of a row beyond the first, counted by a trigger of the database.
- **left over**: messages in any queue, dead letters too, when all workers have ended.
- **recovery**: from the end of the fault to the next completion.
- **src**: the tree of \`src\` that was measured, as \`git rev-parse HEAD:src\` names it. \`make check\` says when it is another now.

Nothing is taken from what a worker says. \`ARGS="--spoil <case>"\` takes one effect away, makes one twice and leaves a message behind
before it counts: every case must fail then.
`;
