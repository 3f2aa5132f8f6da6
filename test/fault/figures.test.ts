import { expect, it } from "vitest";
import { passedLimits } from "./figures/fault-case.js";
import { CASES, runCase } from "./figures/run-case.js";

const QUICK = CASES.filter(({ set }) => set === "quick");

it.each(QUICK)("$name: $about", { timeout: 600_000 }, async (fault) => {
  const said: string[] = [];
  const figures = await runCase(fault, { say: (line) => said.push(line) });
  expect(passedLimits(fault, figures), said.join("\n")).toEqual([]);
});
