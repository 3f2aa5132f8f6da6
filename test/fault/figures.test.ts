import { expect, it } from "vitest";
import { passedLimits } from "./figures/fault-case.js";
import { CASES, runCase } from "./figures/run-case.js";

const QUICK = CASES.filter(({ set }) => set === "quick");

it.each(QUICK)("$name: $about", { timeout: 700_000 }, async (fault) => {
  const said: string[] = [];
  const figures = await runCase(fault, { say: (line) => said.push(line) });
  // How long it takes is measured on a machine that does nothing else.
  expect(passedLimits({ recoverWithin: null }, figures), said.join("\n")).toEqual([]);
});
