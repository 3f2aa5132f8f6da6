import { useState } from "preact/hooks";
import type { ClusterView, RunningView, TaskKindView, WorkerView } from "../../src/web/api.js";
import { clock, duration, plural } from "./format.js";
import { send, useLive } from "./http.js";
import { Lines } from "./plots/lines.js";
import { Arguments, RecentTasks } from "./tasks.js";
import { ActionButton, Trouble } from "./ui.js";

/** Workers, queues and tasks as they are now. */
export function ClusterPage({ readOnly }: { readonly readOnly: boolean }) {
  const { value, trouble } = useLive<ClusterView>("cluster/live");
  const alive = value?.workers.filter((worker) => worker.alive) ?? [];
  return (
    <>
      <div class="row spread">
        <h1>Cluster</h1>
        {value !== null && <span class="quiet id">{value.broker}</span>}
      </div>
      {trouble !== null && <Trouble>{trouble}. What follows may be old.</Trouble>}
      {value?.trouble != null && <Trouble>The broker: {value.trouble}. What follows may be old.</Trouble>}
      {value === null ? (
        trouble === null && <p aria-busy="true">Asking the workers …</p>
      ) : (
        <>
          {alive.length === 0 && value.connected && <Trouble>No worker answers: tasks wait in their queues.</Trouble>}
          <h2>{plural(alive.length, "worker")}</h2>
          <div class="workers">
            {value.workers.map((worker) => (
              <Worker key={worker.name} worker={worker} readOnly={readOnly} />
            ))}
          </div>
          <Queues queues={value.queues} />
          <Kinds kinds={value.kinds} readOnly={readOnly} />
          <RecentTasks states={statesOf(value.kinds)} readOnly={readOnly} />
        </>
      )}
    </>
  );
}

function Worker({ worker, readOnly }: { readonly worker: WorkerView; readonly readOnly: boolean }) {
  const { name, alive, active, reserved, scheduled, concurrency, load, processed, uptime, queues, software, pool } =
    worker;
  const at = `workers/${encodeURIComponent(name)}`;
  const command = (path: string, body: unknown) => async () => {
    const { answers } = await send<{ answers: Record<string, string> }>("POST", `${at}/${path}`, body);
    return Object.values(answers).join("; ") || "sent";
  };
  return (
    <section class={`panel ${alive ? "" : "gone"}`} aria-label={`Worker ${name}`}>
      <div class="row spread">
        <h3>
          <span class={`badge status-${alive ? "COMPLETED" : "FAILED"}`}>{alive ? "alive" : "gone"}</span> {name}
        </h3>
        {!alive && <span>last heard of {worker.lastSeen === null ? "never" : clock(worker.lastSeen * 1000)}</span>}
      </div>
      <dl class="facts">
        <Fact name="running" value={`${active.length} of ${concurrency ?? "?"}`} />
        <Fact name="waiting for a slot" value={String(count(reserved))} />
        <Fact name="waiting for their time" value={String(count(scheduled))} />
        <Fact name="done" value={processed?.toLocaleString("en") ?? "–"} />
        <Fact name="load" value={load.map((one) => one.toFixed(1)).join(" ") || "–"} />
        <Fact name="up" value={duration(uptime)} />
        <Fact name="software" value={`${software} ${pool ?? ""}`} />
      </dl>
      <p class="quiet">consumes {queues.join(", ") || "–"}</p>
      <Running title="Running" tasks={active} readOnly={readOnly} />
      <Running title="Waiting for a slot" tasks={reserved} readOnly={readOnly} />
      <Running title="Waiting for their time" tasks={scheduled} readOnly={readOnly} />
      {alive && !readOnly && (
        <details>
          <summary>Commands</summary>
          <div class="row">
            <ActionButton label="One slot more" onAct={command("pool", { by: 1 })} />
            <ActionButton label="One slot less" onAct={command("pool", { by: -1 })} />
            {queues.map((queue) => (
              <ActionButton
                key={queue}
                label={`Stop consuming ${queue}`}
                question={`${name} will take nothing more from ${queue}.`}
                onAct={command("consumers", { queue, consume: false })}
              />
            ))}
            <Consume onAct={(queue) => command("consumers", { queue, consume: true })()} />
            <ActionButton
              label="Shut down"
              kind="danger"
              question={`Shut ${name} down?`}
              onAct={command("shutdown", {})}
            />
          </div>
        </details>
      )}
    </section>
  );
}

function statesOf(kinds: readonly TaskKindView[]): string[] {
  return [...new Set(kinds.flatMap(({ states }) => Object.keys(states)))].sort();
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Consume({ onAct }: { readonly onAct: (queue: string) => Promise<string> }) {
  const [queue, setQueue] = useState("");
  return (
    <label class="row">
      Queue <input value={queue} onInput={(event) => setQueue(event.currentTarget.value)} />
      <ActionButton
        label="Consume it"
        onAct={() => (queue.trim() === "" ? Promise.reject(new Error("name a queue")) : onAct(queue))}
      />
    </label>
  );
}

/** Of a list that may be cut. */
function count(tasks: readonly RunningView[]): number {
  return tasks.at(-1)?.of ?? tasks.length;
}

function Running({
  title,
  tasks,
  readOnly,
}: {
  readonly title: string;
  readonly tasks: readonly RunningView[];
  readonly readOnly: boolean;
}) {
  if (tasks.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul class="tasks">
        {tasks.map(({ id, name, args, time }) => (
          <li key={id}>
            {name} <Arguments text={args} /> {time !== null && <span class="quiet">{clock(time * 1000)}</span>}{" "}
            {!readOnly && id !== "" && <Revoke id={id} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function Revoke({ id }: { readonly id: string }) {
  return (
    <ActionButton
      label="End it"
      kind="danger"
      question={`Revoke ${id}, and end it if it runs?`}
      onAct={async () => {
        await send("POST", `tasks/${encodeURIComponent(id)}/revoke`, { terminate: true });
        return "revoked";
      }}
    />
  );
}

function Queues({ queues }: { readonly queues: ClusterView["queues"] }) {
  const there = queues.filter(({ depth }) => depth !== null);
  if (there.length === 0) return <p class="quiet">None of the queues is there yet.</p>;
  return (
    <div class="panel">
      <Lines
        title="Messages that wait"
        about={there.map(({ name, depth }) => `${name}: ${depth}`).join(", ")}
        lines={there.map(({ name, history }, index) => ({ label: name, tone: String(index % 6), points: history }))}
        axes={["time", "messages"]}
        showX={(seconds) => clock(seconds * 1000)}
        showY={(count) => (Number.isInteger(count) ? count.toLocaleString("en") : "")}
      />
    </div>
  );
}

function Kinds({ kinds, readOnly }: { readonly kinds: readonly TaskKindView[]; readonly readOnly: boolean }) {
  if (kinds.length === 0) return null;
  return (
    <section class="panel">
      <h2>Tasks by name</h2>
      <section class="scrolls" tabIndex={0} aria-label="Tasks by name">
        <table>
          <thead>
            <tr>
              {["Task", "States", "Mean", "Slowest", ...(readOnly ? [] : ["Rate"])].map((heading) => (
                <th scope="col" key={heading}>
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {kinds.map(({ name, states, meanRuntime, slowest }) => (
              <tr key={name}>
                <td class="id">{name}</td>
                <td>
                  {Object.entries(states)
                    .map(([state, count]) => `${state} ${count}`)
                    .join(", ")}
                </td>
                <td class="number">{duration(meanRuntime)}</td>
                <td class="number">{duration(slowest)}</td>
                {!readOnly && (
                  <td>
                    <Rate task={name} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function Rate({ task }: { readonly task: string }) {
  const [limit, setLimit] = useState("");
  return (
    <span class="row">
      <input
        size={6}
        aria-label={`Rate limit of ${task}`}
        placeholder="10/m"
        value={limit}
        onInput={(event) => setLimit(event.currentTarget.value)}
      />
      <ActionButton
        label="Limit"
        onAct={async () => {
          await send("POST", "tasks/rate-limit", { task, limit: limit.trim() || "0" });
          return limit.trim() === "" ? "no limit" : `at most ${limit}`;
        }}
      />
    </span>
  );
}
