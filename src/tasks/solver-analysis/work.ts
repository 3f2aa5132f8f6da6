import { isRecord } from "../../celery/values.js";
import { ReportFlops } from "../../jobs/report-flops.js";
import { findSolverSolutions } from "../../jobs/solver-solutions.js";
import { underWayBefore } from "../../jobs/under-way.js";
import { untilAvailable } from "../../postgres/availability.js";
import { flopAnswer } from "../flop-report/flop-answer.js";
import { flopTask } from "../flop-report/flop-task.js";
import { flopsSchema, parseReport, type ReportInput } from "../flop-report/report-input.js";
import type { FlopReport } from "../flop-report/report-result.js";
import { FLOP_TASK, startReport } from "../flop-report/report-work.js";
import type { JobDefinition, JobTaskSettings } from "../job-definition.js";
import type { JobServices, JobWork } from "../job-kind.js";
import { jobTask } from "../job-task.js";
import { solverInputSchema } from "./input-schema.js";
import {
  type EstimateResult,
  estimateWork,
  type SolverAnalysisSettings,
  type SolverResult,
  solverAnalysisJob,
} from "./job.js";
import { flatten, flopsOf, parseSolverInput } from "./parse-input.js";
import type { SolverInput } from "./solver-input.js";

/** `result_data` of a solver analysis on many flops. */
interface ReportResult {
  readonly report: FlopReport;
}

/** Twenty signs of life that a run missed. */
const QUIET_SECONDS = 10;

type AnalysisResult = SolverResult | ReportResult | EstimateResult;

/** Solver analyses: of one board, or, where `flops` are asked for, a report over many; or an estimate of what one would take. */
export const solverAnalysisWork: JobWork = {
  schema: solverInputSchema.extend({ flops: flopsSchema.nullish() }),
  parse: parseAnalysis,
  task: (settings, services) => jobTask(analysisJob(settings, services), settings),
  parts(settings, services) {
    const { solveFlop } = analyses(services);
    const stores = storesOf(settings, services);
    const task = flopTask({
      ...settings,
      ...stores,
      outage: services.outage,
      solve: async (run, inputData, flop) => flopAnswer((await solveFlop(run, reportOf(inputData).on(flop))).solution),
      askedOf: (inputData) => reportOf(inputData).choice.kind,
    });
    return { [FLOP_TASK]: task };
  },
};

function analysisJob(
  settings: JobTaskSettings,
  services: JobServices,
): JobDefinition<SolverInput | ReportInput, AnalysisResult> {
  const { onBoard, analysis } = analyses(services);
  const { flops } = storesOf(settings, services);
  return {
    jobType: onBoard.jobType,
    parse: parseAnalysis,
    work: (run, input): Promise<AnalysisResult> => {
      if ("kind" in input) return startReport(run, input, flops, services.outage);
      return input.estimate ? estimateWork(run, input, analysis) : onBoard.work(run, input);
    },
    answer: (result) => {
      if ("report" in result) return { report: result.report };
      return "estimate" in result ? { estimate: result.estimate } : onBoard.answer(result);
    },
    ended: async (job) => onBoard.ended?.(job),
    alongside: async (transaction, job, result) => {
      if ("solution" in result) await onBoard.alongside?.(transaction, job, result);
    },
  };
}

function analyses({ database, outage, slots, threads, solverMemoryMebibytes, solverCheckpoints }: JobServices) {
  const analysis: SolverAnalysisSettings = {
    findSolutions: (description, signal) =>
      untilAvailable(() => findSolverSolutions(database, description), { signal, outage }),
    solvesAtOnce: slots,
    threadsAtHand: threads,
    maxMemoryMebibytes: solverMemoryMebibytes,
  };
  const findUnderWay: SolverAnalysisSettings["findUnderWay"] = (job, signal) =>
    untilAvailable(() => underWayBefore(database, job, QUIET_SECONDS), { signal, outage });
  const onBoard = solverAnalysisJob({ ...analysis, findUnderWay, checkpoints: solverCheckpoints });
  // Flops of a report have rows of their own, and their report's job: under its id their checkpoints would be one another's.
  return { onBoard, solveFlop: solverAnalysisJob(analysis).work, analysis };
}

function storesOf({ repository }: JobTaskSettings, { database }: JobServices) {
  return { repository, flops: new ReportFlops(database) };
}

function parseAnalysis(inputData: unknown): SolverInput | ReportInput {
  return flopsOf(inputData) === null ? parseSolverInput(inputData) : readReport(inputData);
}

/** Of a row whose input was read before, when its report began. */
function reportOf(inputData: unknown): ReportInput {
  return readReport(typeof inputData === "string" ? JSON.parse(inputData) : inputData);
}

function readReport(inputData: unknown): ReportInput {
  const data = flatten(inputData);
  return parseReport(isRecord(data) ? data : {}, parseSolverInput);
}
