import { describe, expect, it } from "vitest";
import { type Figures, passedLimits } from "../../fault/figures/fault-case.js";

const GOOD: Figures = {
  broker: "RabbitMQ",
  jobs: 10,
  lost: 0,
  twice: 0,
  leftOver: 0,
  recoverySeconds: 3,
  measures: [{ what: "RSS", value: 120, atMost: 120, unit: "MB" }],
};
const passed = (change: Partial<Figures>, recoverWithin: number | null = 3) =>
  passedLimits({ recoverWithin }, { ...GOOD, ...change });

describe("limits of a fault", () => {
  it("hold for numbers that reach them", () => {
    expect(passed({})).toEqual([]);
    expect(passed({ recoverySeconds: null }, null)).toEqual([]);
  });

  it("are passed by a job, an effect or a message too many", () => {
    expect(passed({ lost: 1 })).toEqual(["lost 1 (≤ 0)"]);
    expect(passed({ twice: 1 })).toEqual(["effects twice 1 (≤ 0)"]);
    expect(passed({ leftOver: 1 })).toEqual(["left over 1 (≤ 0)"]);
  });

  it("are passed by a slow recovery, and by one that was not measured", () => {
    expect(passed({ recoverySeconds: 3.25 })).toEqual(["recovery 3.25 s (≤ 3)"]);
    expect(passed({ recoverySeconds: null })).toEqual(["recovery NaN s (≤ 3)"]);
  });

  it("are passed by a measure of the case", () => {
    const measures = [{ what: "RSS", value: 121, atMost: 120, unit: "MB" }];
    expect(passed({ measures })).toEqual(["RSS 121 MB (≤ 120)"]);
  });
});
