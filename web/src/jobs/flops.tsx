import { useState } from "preact/hooks";
import type { JobView } from "../../../src/web/api.js";
import { ReportAnswer } from "../answers/report/report.js";
import { reportOf } from "../answers/report/values.js";
import { clock, parseTime, plural } from "../format.js";
import { get } from "../http.js";
import { ActionButton } from "../ui.js";

const STATES = [
  ["solved", "solved", "win"],
  ["solving", "being solved", "half"],
  ["failed", "failed", "fold"],
  ["waiting", "waiting", "lose"],
] as const;

/** A report that has no answer yet: how far its flops are, who has which, and what the solved ones say. */
export function FlopsUnderWay({ id, flops }: { readonly id: string; readonly flops: NonNullable<JobView["flops"]> }) {
  const { counts, solving, failed } = flops;
  const [soFar, setSoFar] = useState<unknown>(null);
  const report = reportOf(soFar);
  const solved = counts.solved ?? 0;
  const all = STATES.reduce((sum, [state]) => sum + (counts[state] ?? 0), 0);
  return (
    <>
      <section class="panel" aria-label="Flops">
        <h2>{`${solved} of ${plural(all, "flop")} solved`}</h2>
        <div class="stretch" aria-hidden="true">
          {STATES.map(([state, , tone]) => (
            <span key={state} class={`back-${tone}`} style={{ width: `${(100 * (counts[state] ?? 0)) / all}%` }} />
          ))}
        </div>
        <ul class="legend">
          {STATES.map(([state, words, tone]) => (
            <li key={state}>
              <span class={`swatch back-${tone}`} /> {`${counts[state] ?? 0} ${words}`}
            </li>
          ))}
        </ul>
        {solving.length > 0 && (
          <ul class="tasks">
            {solving.map(({ flop, worker, since }) => (
              <li key={flop}>
                {flop} <span class="quiet">{`on ${worker ?? "a worker"} since ${clock(parseTime(since))}`}</span>
              </li>
            ))}
          </ul>
        )}
        {failed.map(({ flop, error }) => (
          <p key={flop} class="error-text">{`${flop}: ${error ?? "failed"}`}</p>
        ))}
        {solved > 0 && (
          <ActionButton
            label={report === null ? "Show what is solved so far" : "Read it again"}
            onAct={async () => {
              setSoFar(await get(`jobs/${encodeURIComponent(id)}/report`));
              return null;
            }}
          />
        )}
      </section>
      {report !== null && (
        <>
          <p class="quiet">
            {`${plural(report.flops.solved, "flop")} of ${all}, those that were solved first, which need not be like the others. Means and margins are of these alone.`}
          </p>
          <ReportAnswer report={report} jobId={id} />
        </>
      )}
    </>
  );
}
