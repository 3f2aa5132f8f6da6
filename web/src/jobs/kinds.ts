import type { FunctionComponent } from "preact";
import type { JobType } from "../../../src/jobs/schema.js";
import { SolverAnswer } from "../answers/solver.js";
import { SpotAnswer } from "../answers/spot.js";
import type { Draft } from "./draft.js";
import { SolverForm } from "./solver-form.js";
import { SpotForm } from "./spot-form.js";

/** What the pages know of one kind of job. */
interface PageKind {
  /** Before a spot, and in the filter. */
  readonly word: string;
  /** Over its form. */
  readonly title: string;
  /** What its form begins with. */
  readonly start: Draft;
  readonly Form: FunctionComponent<{ readonly draft: Draft; readonly onChange: (changed: Draft) => void }>;
  readonly Answer: FunctionComponent<{ readonly result: unknown; readonly jobId: string }>;
}

/** Every kind of job, as the pages show it. */
export const PAGE_KINDS: Readonly<Record<JobType, PageKind>> = {
  SPOT_SIMULATION: {
    word: "Equity",
    title: "Equity of hands",
    start: { players: [{ cards: [] }, { cards: [] }], top_board: [] },
    Form: SpotForm,
    Answer: SpotAnswer,
  },
  SOLVER_ANALYSIS: {
    word: "Solve",
    title: "Solve a spot",
    start: {
      board: [],
      pot_size: 100,
      stack_sizes: [100, 100],
      active_players: [0, 1],
      player_position: 0,
      player_ranges: { "0": "20%", "1": "30%" },
      time_limit_seconds: 20,
    },
    Form: SolverForm,
    Answer: SolverAnswer,
  },
};
