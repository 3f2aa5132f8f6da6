import { useEffect, useState } from "preact/hooks";
import { JOB_TYPES } from "../../../src/jobs/schema.js";
import type { JobQueueView } from "../../../src/web/api.js";
import { useFetched } from "../http.js";
import { goTo } from "../router.js";
import { Choice } from "../ui.js";
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
        <Choice
          name="Kind"
          value={filter.kind ?? ""}
          options={JOB_TYPES}
          words={(kind) => PAGE_KINDS[kind].word}
          onChange={(kind) => change({ kind })}
        />
        <Choice
          name="Queue"
          value={filter.queue ?? ""}
          options={queues?.map((queue) => queue.name) ?? []}
          title="Rows do not name their queue: these are the jobs of the kind that is sent to it"
          onChange={(queue) => change({ queue })}
        />
        <Choice
          name="User"
          value={filter.user ?? ""}
          options={users?.map(({ id }) => id) ?? []}
          words={(user) => users?.find(({ id }) => id === user)?.name ?? user}
          onChange={(user) => change({ user })}
        />
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
