import { useEffect, useState } from "preact/hooks";
import { JOB_TYPES, type JobType } from "../../../src/jobs/schema.js";
import type { JobView } from "../../../src/web/api.js";
import { cardsOf } from "../cards.js";
import { send, useFetched } from "../http.js";
import { goTo } from "../router.js";
import { Trouble } from "../ui.js";
import { type Draft, recordOf } from "./draft.js";
import { PAGE_KINDS } from "./kinds.js";
import { Options } from "./options.js";

/** Makes a job out of clicks, or out of another job's input. */
export function NewJob({ query }: { readonly query: URLSearchParams }) {
  const from = query.get("from");
  const { value: source, error } = useFetched<JobView>(from === null ? null : `jobs/${encodeURIComponent(from)}`);
  if (from !== null && error !== null) return <Trouble>{error}</Trouble>;
  if (from !== null && source === null) return <p aria-busy="true">Loading …</p>;
  const flop = query.get("flop");
  return <JobForm key={`${from} ${flop}`} source={source} flop={flop} />;
}

/** @param flop of the source, a report over flops, that is to be solved alone */
function JobForm({ source, flop }: { readonly source: JobView | null; readonly flop: string | null }) {
  const [kind, setKind] = useState<JobType>(source?.job.job_type ?? JOB_TYPES[0]);
  const [drafts, setDrafts] = useState<Readonly<Partial<Record<JobType, Draft>>>>(() => {
    if (source === null) return {};
    const draft = flatten(source.job.input_data);
    return { [source.job.job_type]: flop === null ? draft : onFlop(draft, flop) };
  });
  const [text, setText] = useState<string | null>(null);
  const { title, start, Form } = PAGE_KINDS[kind];
  const draft = drafts[kind] ?? start;
  const change = (changed: Draft) => setDrafts({ ...drafts, [kind]: { ...draft, ...changed } });
  return (
    <>
      <h1>{source === null ? "New job" : "Change and submit again"}</h1>
      <div class="row tabs" role="tablist" aria-label="Kind of job">
        {JOB_TYPES.map((one) => (
          <button type="button" role="tab" key={one} aria-selected={kind === one} onClick={() => setKind(one)}>
            {PAGE_KINDS[one].title}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-label={title}>
        <Form draft={draft} onChange={change} />
        <Options key={kind} kind={kind} draft={draft} onChange={change} />
        <details
          class="panel"
          onToggle={(event) => setText(event.currentTarget.open ? JSON.stringify(draft, null, 2) : null)}
        >
          <summary>As JSON</summary>
          {text !== null && <JsonText text={text} onChange={(input) => setDrafts({ ...drafts, [kind]: input })} />}
        </details>
        <Submit kind={kind} draft={draft} user={source?.job.user_id ?? null} />
      </div>
    </>
  );
}

function JsonText({ text, onChange }: { readonly text: string; readonly onChange: (input: Draft) => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const read = (changed: string) => {
    try {
      onChange(recordOf(JSON.parse(changed)));
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <textarea
        rows={14}
        spellcheck={false}
        aria-label="Input as JSON"
        onInput={(event) => read(event.currentTarget.value)}
      >
        {text}
      </textarea>
      {problem !== null && <Trouble>{problem}</Trouble>}
    </>
  );
}

function Submit({
  kind,
  draft,
  user,
}: {
  readonly kind: JobType;
  readonly draft: Draft;
  readonly user: string | null;
}) {
  const { value: users } = useFetched<{ id: string; name: string }[]>("users");
  const [chosen, setChosen] = useState(user ?? "");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (chosen === "" && users?.[0] !== undefined) setChosen(users[0].id);
  }, [users, chosen]);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id } = await send<{ id: string }>("POST", "jobs", { kind, user: chosen, input: draft });
      goTo(["jobs", id]);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <form class="row submit" onSubmit={submit}>
      {users !== null && users.length === 0 ? (
        <label>
          For the user with the id{" "}
          <input value={chosen} required onInput={(event) => setChosen(event.currentTarget.value)} />
        </label>
      ) : (
        <label>
          For{" "}
          <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            {users?.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            {chosen !== "" && !users?.some(({ id }) => id === chosen) && <option value={chosen}>{chosen}</option>}
          </select>
        </label>
      )}
      <button type="submit" class="primary" disabled={busy || chosen === ""}>
        {busy ? "Sending …" : "Submit"}
      </button>
      {problem !== null && <Trouble>{problem}</Trouble>}
    </form>
  );
}

/** A report's spot on one of its flops; two boards are `Ks8h7d/Qc4c2h`. */
function onFlop({ flops: _, ...spot }: Draft, flop: string): Draft {
  const [board = [], board2] = flop.split("/").map(cardsOf);
  return { ...spot, board, ...(board2 === undefined ? {} : { board2, num_boards: 2 }) };
}

/** Options stand beside the state, whichever of both forms it had. */
function flatten(input: unknown): Draft {
  const { game_state, ...options } = recordOf(input);
  return game_state === undefined ? recordOf(input) : { ...recordOf(game_state), ...options };
}
