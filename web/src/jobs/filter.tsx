import { useEffect, useState } from "preact/hooks";
import { JOB_TYPES } from "../../../src/jobs/schema.js";
import type { JobQueueView } from "../../../src/web/api.js";
import { useFetched } from "../http.js";
import { goTo } from "../router.js";
import { PAGE_KINDS } from "./kinds.js";

const TYPING_MS = 300;

/** What the list shows; every part narrows it further. */
export function Filter({ filter }: { readonly filter: Record<string, string> }) {
  const { value: users } = useFetched<{ id: string; name: string }[]>("users");
  const { value: queues } = useFetched<JobQueueView[]>("queues");
  // On a phone the jobs come first.
  const [isFolded, setFolded] = useState(!["kind", "queue", "user", "since", "until"].some((name) => filter[name]));
  const [text, setText] = useState(filter.text ?? "");
  const change = (changed: Record<string, string | undefined>) =>
    goTo(["jobs"], { ...filter, ...changed, after: undefined });
  useEffect(() => {
    if (text === (filter.text ?? "")) return;
    const timer = setTimeout(() => change({ text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <search>
      <form class={`filter ${isFolded ? "folded" : ""}`} onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Text</span>
          <input
            type="search"
            placeholder="in input or error, or an id"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="button" class="fold" aria-expanded={!isFolded} onClick={() => setFolded(!isFolded)}>
          More filters
        </button>
        <label>
          <span>Kind</span>
          <select value={filter.kind ?? ""} onChange={(event) => change({ kind: event.currentTarget.value })}>
            <option value="">any</option>
            {JOB_TYPES.map((kind) => (
              <option key={kind} value={kind}>
                {PAGE_KINDS[kind].word}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Queue</span>
          <select
            value={filter.queue ?? ""}
            title="Rows do not name their queue: these are the jobs of the kind that is sent to it"
            onChange={(event) => change({ queue: event.currentTarget.value })}
          >
            <option value="">any</option>
            {queues?.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>User</span>
          <select value={filter.user ?? ""} onChange={(event) => change({ user: event.currentTarget.value })}>
            <option value="">any</option>
            {users?.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Moment words="Since" utc={filter.since} onChange={(since) => change({ since })} />
        <Moment words="Until" utc={filter.until} onChange={(until) => change({ until })} />
      </form>
    </search>
  );
}

function Moment({
  words,
  utc,
  onChange,
}: {
  readonly words: string;
  readonly utc: string | undefined;
  readonly onChange: (utc: string | undefined) => void;
}) {
  return (
    <label>
      <span>{words}</span>
      <input
        type="datetime-local"
        value={localInput(utc)}
        onChange={(event) => onChange(utcOf(event.currentTarget.value))}
      />
    </label>
  );
}

/** The picker's local time as UTC, and back. */
function utcOf(local: string): string | undefined {
  return local === "" ? undefined : new Date(local).toISOString();
}

function localInput(utc: string | undefined): string {
  if (utc === undefined) return "";
  const date = new Date(utc);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
