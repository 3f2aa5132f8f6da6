import type { KernelContext } from "../../celery/kernel.js";
import { formatCards } from "../../poker/cards.js";
import type { Solution } from "../../poker/solver/report/solution.js";
import { solveSpot } from "../../poker/solver/solve-spot.js";
import { STOP } from "../../poker/solver/vector/crew.js";
import { invert, mapCard } from "../../poker/suits.js";
import type { SolveJob, SolveNews } from "./kernels.js";
import { withBoards } from "./stored-solution.js";

/** Kernel: solves a prepared spot and reports the solution in the job's own suits. */
export function run(job: SolveJob, context: KernelContext<SolveNews>): Solution {
  const { prepared, request, maxBytes, threads } = job;
  const stop = new Int32Array(job.stop);
  const back = invert(prepared.suits);
  const now = (): number => performance.now() / 1000;
  const solution = solveSpot(
    prepared.spot,
    { ...request, maxBytes, threads },
    {
      startedAt: now() - prepared.seconds,
      now,
      onProgress: (progress) => context.progress({ type: "progress", progress }),
      stop: () => {
        const word = Atomics.load(stop, 0);
        return word === STOP.now ? "now" : word === STOP.soon ? "soon" : "none";
      },
    },
    (cards) => formatCards([...cards].map((card) => mapCard(card, back)).sort((a, b) => b - a)),
    (plan) => context.progress({ type: "plan", plan }),
  );
  return withBoards(solution, prepared.boards);
}
