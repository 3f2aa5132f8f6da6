import type { JobLine, JobPages, RootAction } from "../jobs/job-pages.js";
import { jobKind } from "../plosolver/job-kinds.js";

/** Read in one look at most: an answer may have megabytes. The next look reads the next ones. */
const MOST_READ = 5;
const MOST_KEPT = 5000;

/** What solutions do at their roots: read once for each answer, which never changes once it is there. */
export class Strategies {
  readonly #known = new Map<string, readonly RootAction[] | null>();

  constructor(private readonly pages: JobPages) {}

  /** Of those that are known by now, by job id. */
  async of(jobs: readonly JobLine[]): Promise<Readonly<Record<string, readonly RootAction[]>>> {
    const solved = jobs.filter(
      ({ job_type, status }) => jobKind(job_type).answersWithActions === true && status === "COMPLETED",
    );
    const keys = new Map(solved.map(({ id, completed_at }) => [id, `${id} ${completed_at}`]));
    const unknown = [...keys].filter(([, key]) => !this.#known.has(key)).slice(0, MOST_READ);
    if (unknown.length > 0) {
      const read = await this.pages.rootActions(unknown.map(([id]) => id));
      for (const [id, key] of unknown) this.#known.set(key, read.get(id) ?? null);
    }
    for (const key of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) break;
      this.#known.delete(key);
    }
    return Object.fromEntries(
      [...keys].flatMap(([id, key]) => {
        const actions = this.#known.get(key);
        return actions == null ? [] : [[id, actions] as const];
      }),
    );
  }
}
