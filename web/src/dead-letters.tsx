import { useEffect, useState } from "preact/hooks";
import type { DeadLetterLine, DeadLettersView, ManyView } from "../../src/web/api.js";
import { plural } from "./format.js";
import { get, send } from "./http.js";
import { hrefOf } from "./router.js";
import { ActionButton, Trouble } from "./ui.js";

/** Messages that failed for good: why, and what to do with them. */
export function DeadLetters({ readOnly }: { readonly readOnly: boolean }) {
  const [view, setView] = useState<DeadLettersView | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const look = async () => {
    try {
      setView(await get<DeadLettersView>("dead-letters"));
      setTrouble(null);
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  // To look takes the messages out of their queues and puts them back: not again and again.
  useEffect(() => void look(), []);
  const retry = async (ids: readonly string[] | null) => {
    const { done, failed } = await send<ManyView>("POST", "dead-letters/retry", { ids });
    setChosen(new Set());
    await look();
    if (done.length === 0 && failed[0] !== undefined) throw new Error(failed[0].reason);
    return `${plural(done.length, "dead letter")} sent again${failed.length === 0 ? "" : `, ${failed.length} not: ${failed[0]?.reason}`}`;
  };
  return (
    <>
      <div class="row spread">
        <h1>Dead letters</h1>
        <button type="button" onClick={() => void look()}>
          Look again
        </button>
      </div>
      {trouble !== null && <Trouble>{trouble}</Trouble>}
      {view !== null && (
        <>
          <ul class="chips plain-list">
            {view.queues.map(({ name, depth }) => (
              <li class="chip" key={name}>
                {name} <b>{depth ?? "none"}</b>{" "}
                {!readOnly && depth !== null && depth > 0 && (
                  <ActionButton
                    label="Erase"
                    kind="danger"
                    question={`Erase ${plural(depth, "dead letter")} of ${name} for ever?`}
                    onAct={async () => {
                      const { erased } = await send<{ erased: number }>("POST", "dead-letters/purge", { queue: name });
                      await look();
                      return `${erased} erased`;
                    }}
                  />
                )}
              </li>
            ))}
          </ul>
          {!readOnly && view.letters.length > 0 && (
            <div class="row">
              {chosen.size > 0 && (
                <ActionButton
                  label={`Send ${plural(chosen.size, "letter")} again`}
                  kind="primary"
                  onAct={() => retry([...chosen])}
                />
              )}
              <ActionButton label="Send all again" question="Send every dead letter again?" onAct={() => retry(null)} />
            </div>
          )}
          {view.letters.length === 0 ? (
            <p class="panel empty">No message has failed for good.</p>
          ) : (
            <Letters letters={view.letters} chosen={chosen} onChoose={readOnly ? null : setChosen} />
          )}
          {view.more && <p class="quiet">There are more than are shown.</p>}
        </>
      )}
    </>
  );
}

function Letters({
  letters,
  chosen,
  onChoose,
}: {
  readonly letters: readonly DeadLetterLine[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: ((chosen: ReadonlySet<string>) => void) | null;
}) {
  const toggle = (id: string) => {
    const changed = new Set(chosen);
    if (!changed.delete(id)) changed.add(id);
    onChoose?.(changed);
  };
  return (
    <section class="scrolls wide" tabIndex={0} aria-label="Dead letters">
      <table class="jobs-like">
        <thead>
          <tr>
            {onChoose !== null && (
              <th scope="col">
                <span class="visually-hidden">Choose</span>
              </th>
            )}
            {["Task", "From", "Reason", "Attempts", "When", "Arguments", "Job"].map((heading) => (
              <th scope="col" key={heading}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {letters.map(({ id, task, queue, reason, attempts, time, args, jobId, deadLetterQueue }, index) => (
            <tr key={`${deadLetterQueue}${index}${id}`}>
              {onChoose !== null && (
                <td>
                  {id !== null && (
                    <input
                      type="checkbox"
                      aria-label={`Choose ${task ?? "message"} ${id}`}
                      checked={chosen.has(id)}
                      onChange={() => toggle(id)}
                    />
                  )}
                </td>
              )}
              <td>
                {task ?? "unreadable"}
                <br />
                <span class="id quiet">{id ?? ""}</span>
              </td>
              <td>{queue ?? "unknown"}</td>
              <td class="error-text">{reason}</td>
              <td>{attempts ?? "–"}</td>
              <td class="quiet">{time === null ? "–" : new Date(time).toLocaleString()}</td>
              <td class="id">{args}</td>
              <td>{jobId !== null && <a href={hrefOf(["jobs", jobId])}>{jobId.slice(0, 8)}</a>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
