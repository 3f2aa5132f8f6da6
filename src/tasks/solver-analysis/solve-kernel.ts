import type { KernelContext } from "../../celery/kernel.js";
import { formatCards } from "../../poker/cards.js";
import type { Solution } from "../../poker/solver/report/solution.js";
import { solveSpot } from "../../poker/solver/solve-spot.js";
import { STOP } from "../../poker/solver/vector/crew.js";
import { invert, mapCard } from "../../poker/suits.js";
import { type CheckpointNews, KeptSolve } from "./kept-solve.js";
import type { SolveJob, SolveNews } from "./kernels.js";
import { withBoards } from "./stored-solution.js";

/** Kernel: solves a prepared spot and reports the solution in the job's own suits. */
export function run(job: SolveJob, context: KernelContext<SolveNews>): Solution {
  const { prepared, request, maxBytes, threads } = job;
  const stop = new Int32Array(job.stop);
  const back = invert(prepared.suits);
  const now = (): number => performance.now() / 1000;
  const word = (): number => Atomics.load(stop, 0);
  const tell = (news: CheckpointNews): void => context.progress({ type: "checkpoint", news });
  const kept = job.kept ? new KeptSolve(job.kept, now, tell, () => word() !== STOP.now) : null;
  const solution = solveSpot(
    prepared.spot,
    { ...request, maxBytes, threads },
    {
      startedAt: now() - prepared.seconds,
      now,
      onProgress: (progress) => context.progress({ type: "progress", progress }),
      stop: () => (word() === STOP.now ? "now" : word() === STOP.soon ? "soon" : "none"),
      ...(kept ? { checkpoints: kept } : {}),
    },
    (cards) => formatCards([...cards].map((card) => mapCard(card, back)).sort((a, b) => b - a)),
    (plan) => context.progress({ type: "plan", plan }),
  );
  return withBoards(solution, prepared.boards);
}
