import { describe, expect, it } from "vitest";
import { parseJson } from "../../../src/celery/protocol/json.js";
import { jobIdOf } from "../../../src/tasks/job-arguments.js";

const ID = "7c1b7a2e-0000-4000-8000-000000000001";

describe("jobIdOf", () => {
  it.each<[unknown[], Record<string, unknown>]>([
    [[ID], {}],
    [[{ id: "message", task: "t", args: [ID] }], {}],
    [[{ job_id: ID }], {}],
    [[], { job_id: ID }],
  ])("reads %j with %j", (args, kwargs) => {
    expect(jobIdOf(args, kwargs)).toBe(ID);
  });

  it.each([
    ["[9007199254740993]", "got the number 9007199254740993: job ids are texts"],
    ["[-123456789012345678901234567890]", "got the number -123456789012345678901234567890: job ids are texts"],
    ["[7]", "got the number 7: job ids are texts"],
    ['[{"args": [9007199254740993]}]', "got {'args': [9007199254740993]}"],
    ["[[9007199254740993]]", "got [9007199254740993]"],
    ["[]", "got nothing"],
    ["[null]", "got None"],
    ["[NaN]", "got the number NaN: job ids are texts"],
    ['[""]', "got ''"],
    [`["${"x".repeat(37)}"]`, `got '${"x".repeat(37)}'`],
  ])("refuses %s in its own words", (json, shown) => {
    expect(() => jobIdOf(parseJson(json) as unknown[], {})).toThrow(
      expect.objectContaining({
        code: "JOB_ARGUMENTS",
        message: `the first argument must be a job id of at most 36 characters, ${shown}`,
      }) as Error,
    );
  });

  it("shows no more than the beginning of what is large", () => {
    const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
    for (const value of ["x".repeat(1_000_000), Array.from({ length: 100_000 }, () => "y"), deep, new Map([[1, 2]])])
      expect(() => jobIdOf([value], {})).toThrow(/^the first argument must be a job id.{0,250}$/s);
  });
});
