import type { EquityDistribution } from "../../../tasks/spot-simulation/distribution.js";
import { csvLines } from "../../terminal/csv.js";

const BAR_WIDTH = 40;
const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;

/** Histograms of the ranges' equities, with quantiles under each. */
export function distributionText(distributions: readonly EquityDistribution[]): string[] {
  return distributions.flatMap(({ player_number: player, mean, histogram, ecdf }) => {
    const most = Math.max(...histogram.map(({ share }) => share));
    return [
      "",
      `Hand ${player}: equities of its hands, mean ${percent(mean, 2)}`,
      ...histogram.map(({ from, to, share }) => {
        const interval = `${percent(from, 0).padStart(5)} – ${percent(to, 0).padStart(5)}`;
        return `  ${interval}  ${percent(share).padStart(7)}  ${"█".repeat(Math.round((share / most) * BAR_WIDTH))}`.trimEnd();
      }),
      `  of the hands … have at most: ${ecdf.map(({ share, equity }) => `${percent(share, 0)}: ${percent(equity)}`).join(", ")}`,
    ];
  });
}

/** Every hand of each range, from the lowest equity to the highest, with the share of hands up to it (the ECDF). */
export function distributionCsv(distributions: readonly EquityDistribution[]): string[] {
  const rows = distributions.flatMap(({ player_number: player, hands }) => {
    const whole = hands.reduce((sum, { deals }) => sum + deals, 0);
    let reached = 0;
    return hands.map(({ hand, deals, equity }) => {
      reached += deals / whole;
      return [player, hand, deals / whole, equity, Math.min(1, reached)];
    });
  });
  return csvLines(["player", "hand", "share", "equity", "ecdf"], rows);
}
