import { formatCards } from "../../poker/cards.js";
import { estimateSpot } from "../../poker/solver/estimate-spot.js";
import type { Estimate } from "../../poker/solver/report/estimate.js";
import { invert, mapCard } from "../../poker/suits.js";
import type { EstimateJob } from "./kernels.js";
import { withBoards } from "./stored-solution.js";

/** Kernel: what the solve of a prepared spot would take, with the job's own boards. */
export function run({ prepared, request, maxBytes, threads }: EstimateJob): Estimate {
  const back = invert(prepared.suits);
  const format = (cards: readonly number[]): string =>
    formatCards([...cards].map((card) => mapCard(card, back)).sort((a, b) => b - a));
  const limits = { ...request, maxBytes, threads };
  const estimate = estimateSpot(prepared.spot, limits, format, process.memoryUsage.rss());
  return withBoards(estimate, prepared.boards);
}
