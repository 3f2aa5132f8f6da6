import { formatCards } from "../../poker/cards.js";
import { estimateSpot } from "../../poker/solver/estimate-spot.js";
import type { Estimate } from "../../poker/solver/report/estimate.js";
import { invert, mapCard } from "../../poker/suits.js";
import type { EstimateJob } from "./kernels.js";
import { withBoards } from "./stored-solution.js";

/** What Node 24 leaves lying beside earlier ones before it tidies up, in a process that solves. */
const ENGINE_BYTES = Number.parseInt(process.versions.node, 10) >= 24 ? 35 * 2 ** 20 : 0;

/** Kernel: what the solve of a prepared spot would take, with the job's own boards. */
export function run({ prepared, request, maxBytes, threads }: EstimateJob): Estimate {
  const back = invert(prepared.suits);
  const format = (cards: readonly number[]): string =>
    formatCards([...cards].map((card) => mapCard(card, back)).sort((a, b) => b - a));
  const limits = { ...request, maxBytes, threads };
  const estimate = estimateSpot(prepared.spot, limits, format, process.memoryUsage.rss(), ENGINE_BYTES);
  return withBoards(estimate, prepared.boards);
}
