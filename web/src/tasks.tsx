import { useEffect, useState } from "preact/hooks";
import type { TaskView } from "../../src/web/api.js";
import { clock, duration } from "./format.js";
import { useLive } from "./http.js";
import { hrefOf } from "./router.js";
import { Choice, Trouble } from "./ui.js";

const SHOWN = 15;
const TYPING_MS = 300;

/** What events told of tasks, those heard of last first, by state and text. */
export function RecentTasks({ states, readOnly }: { readonly states: readonly string[]; readonly readOnly: boolean }) {
  const [state, setState] = useState("");
  const [typed, setTyped] = useState("");
  const [text, setText] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setText(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const [all, setAll] = useState(false);
  const { value, trouble } = useLive<TaskView[]>(`tasks/live?${new URLSearchParams({ state, text })}`);
  const tasks = value ?? [];
  return (
    <section class="panel" aria-label="Tasks heard of last">
      <h2>Tasks heard of last</h2>
      <search class="filter">
        <label>
          <span>Text</span>
          <input
            type="search"
            value={typed}
            placeholder="name, id, worker, argument or error"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <Choice name="State" value={state} options={states} onChange={setState} />
      </search>
      {trouble !== null && <Trouble>{trouble}. What follows may be old.</Trouble>}
      {tasks.length === 0 ? (
        <p class="quiet" role="status">
          {state !== "" || text !== ""
            ? "No task is like this."
            : readOnly
              ? "Nothing yet: workers tell of tasks when they are started with -E."
              : "Nothing yet."}
        </p>
      ) : (
        <ul class="tasks">
          {tasks.slice(0, all ? tasks.length : SHOWN).map((task) => (
            <Task key={task.id} task={task} />
          ))}
        </ul>
      )}
      {!all && tasks.length > SHOWN && (
        <button type="button" onClick={() => setAll(true)}>
          Show more
        </button>
      )}
    </section>
  );
}

function Task({
  task: { id, name, state, worker, runtime, time, args, exception, retries },
}: {
  readonly task: TaskView;
}) {
  return (
    <li>
      <span class="quiet">{clock(time * 1000)}</span> <b>{state}</b> {name ?? "unknown"}{" "}
      {args === null ? <span class="id quiet">{id}</span> : <Arguments text={args} />}{" "}
      <span class="quiet">{worker}</span>
      {retries > 0 && ` attempt ${retries + 1}`} {runtime !== null && duration(runtime)}{" "}
      {exception !== null && <span class="error-text">{exception.slice(0, 200)}</span>}
    </li>
  );
}

/** Arguments as text; the job that they name is one click away. */
export function Arguments({ text }: { readonly text: string }) {
  const job = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0];
  if (job === undefined) return <span class="id quiet">{text}</span>;
  return (
    <a class="id" href={hrefOf(["jobs", job])}>
      {text}
    </a>
  );
}
