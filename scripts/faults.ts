import { passedLimits } from "../test/fault/figures/fault-case.js";
import { CASES, runCase } from "../test/fault/figures/run-case.js";
import { FaultsPage } from "./local/faults-page.js";
import { roomsChanged, sourceTree } from "./local/source-tree.js";

const HELP = `Usage: make faults ARGS="[options] [case…]"

  --quick     the cases that make test runs too
  --small     a fiftieth of the jobs and of the time, to try the cases themselves; docs/faults.md is left alone
  --spoil     spoil each count before it is made: every case must fail; docs/faults.md is left alone
  --list      name the cases
  --age       say whether docs/faults.md was measured on the present src
`;
const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith("-"));
  const names = args.filter((arg) => !arg.startsWith("-"));
  const unknown = [
    ...options.filter((option) => !["--quick", "--small", "--spoil", "--list", "--age"].includes(option)),
    ...names.filter((name) => CASES.every((fault) => fault.name !== name)),
  ];
  if (unknown.length > 0) {
    say(`Unknown: ${unknown.join(", ")}\n\n${HELP}`);
    return 2;
  }
  if (options.includes("--age")) return sayAge();
  const chosen = CASES.filter(
    ({ name, set }) =>
      (names.length === 0 || names.includes(name)) && (!options.includes("--quick") || set === "quick"),
  );
  if (options.includes("--list")) {
    for (const { name, set, about } of chosen) say(`${name} (${set}): ${about}`);
    return 0;
  }
  const tried = { spoils: options.includes("--spoil"), small: options.includes("--small") };
  const failed: string[] = [];
  for (const fault of chosen) if (!(await play(fault, tried))) failed.push(fault.name);
  say(
    `${chosen.length - failed.length} of ${chosen.length} cases hold${failed.map((name) => `\n  not: ${name}`).join("")}`,
  );
  return failed.length > 0 ? 1 : 0;
}

/** Runs a case and writes its row. @returns whether it kept its limits */
async function play(
  fault: (typeof CASES)[number],
  tried: { readonly spoils: boolean; readonly small: boolean },
): Promise<boolean> {
  say(`${fault.name}: ${fault.about} …`);
  const tree = sourceTree() ?? "unknown";
  const startedAt = performance.now();
  try {
    const figures = await runCase(fault, { say: (line) => say(`  ${line}`), ...tried });
    const { jobs, lost, twice, leftOver, recoverySeconds } = figures;
    const recovery = recoverySeconds === null ? "" : `, recovery ${recoverySeconds.toFixed(1)} s`;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    say(
      `  ${jobs} jobs, ${lost} lost, ${twice} twice, ${leftOver} left over${recovery} (${seconds} s, ${figures.broker})`,
    );
    for (const { what, value, unit } of figures.measures) say(`  ${what}: ${value} ${unit}`.trimEnd());
    const passed = passedLimits(fault, figures);
    for (const limit of passed) say(`  LIMIT PASSED: ${limit}`);
    if (!tried.spoils && !tried.small) {
      const page = new FaultsPage();
      page.set(fault, figures, tree);
      page.write(CASES);
    }
    return passed.length === 0;
  } catch (error) {
    say(`  FAILED: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}

function sayAge(): number {
  const tree = sourceTree();
  const { trees } = new FaultsPage();
  const old = [...trees].filter((measured) => tree === null || !tree.startsWith(measured));
  if (tree === null || (old.length === 0 && trees.size > 0)) return 0;
  say(`Note: docs/faults.md was measured on another src than this, ${tree.slice(0, 12)}: make faults`);
  for (const measured of old)
    say(
      `  ${measured}, since when files have changed in ${roomsChanged(measured, tree) ?? "rooms that git does not know"}`,
    );
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
