import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attempt, ResultRecord, ResultTarget } from "../../../../src/celery/results/backend.js";
import { DatabaseBackend } from "../../../../src/celery/results/database.js";
import { RedisBackend } from "../../../../src/celery/results/redis.js";
import type { StoredBackend } from "../../../../src/celery/results/stored.js";
import { useRedis } from "../../../support/redis.js";
import { redisUrl, useDatabase } from "../../../support/services.js";
import { type StateHistory, watchDatabase, watchRedis } from "../../../support/state-history.js";
import { python, pythonReads } from "./python-backend.js";
import { target } from "./target.js";

const database = useDatabase();
const redis = useRedis();
const opened: StoredBackend[] = [];
afterAll(() => Promise.all(opened.map((backend) => backend.close())));

interface Options {
  readonly url?: string;
  readonly extended?: boolean;
  readonly lines?: string[];
}

async function open(name: "redis" | "database", { url, extended = false, lines }: Options = {}) {
  const log =
    lines === undefined
      ? pino({ level: "silent" })
      : pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const common = { log, serializer: "json", expiresSeconds: 600, extended } as const;
  const tables = { task: "celery_taskmeta", group: "celery_tasksetmeta", taskSchema: null, groupSchema: null };
  const backend =
    name === "redis"
      ? new RedisBackend({ ...common, url: url ?? redisUrl(), keyPrefix: "", chordJoinTimeoutSeconds: 3 })
      : new DatabaseBackend({ ...common, url: `db+${database.url}`, tables });
  opened.push(backend);
  await backend.start();
  return backend;
}

interface State {
  readonly status: string;
  readonly attempt: Attempt | null;
}

const STATUSES = ["STARTED", "HALF", "RETRY", "SUCCESS", "FAILURE", "REVOKED"];
const ATTEMPTS: readonly (Attempt | null)[] = [null, [0, 0], [0, 1], [0, 300], [1, 0]];
const STATES: readonly State[] = STATUSES.flatMap((status) => ATTEMPTS.map((attempt) => ({ status, attempt })));
const KNOWN = STATES.filter(({ attempt }) => attempt !== null);
const shown = ({ status, attempt }: State) => `${status} of ${attempt === null ? "?" : attempt.join(".")}`;
const isEnd = (status: string) => ["SUCCESS", "FAILURE", "REVOKED"].includes(status);

/** The rule, said apart from the code: what may stand in a history right after what. */
function mayFollow(stored: State, next: State): boolean {
  const number = ({ attempt }: State) => (attempt === null ? null : attempt[0] * 1e6 + attempt[1]);
  const [old, fresh] = [number(stored), number(next)];
  const isEarlier = old !== null && fresh !== null && fresh < old;
  switch (next.status) {
    case "SUCCESS":
      return stored.status !== "SUCCESS";
    case "REVOKED":
      if (next.attempt === null) return stored.status === "RETRY";
      return stored.status !== "SUCCESS" && !isEarlier;
    case "FAILURE":
      return stored.status !== "SUCCESS" && !isEarlier;
    default:
      return !isEnd(stored.status) && !isEarlier;
  }
}

const of = (id: string, { attempt }: State): ResultTarget => target({ id, attempt });
const record = ({ status }: State, result: unknown): ResultRecord => ({
  status,
  result,
  traceback: null,
  children: [],
});

describe.each(["redis", "database"] as const)("the order of states in the backend: %s", (name) => {
  let backend: StoredBackend;
  let history: StateHistory;
  const pythonUrl = () => (name === "redis" ? redisUrl() : `db+${database.url.replace(/^postgres:/, "postgresql:")}`);

  beforeAll(async () => {
    backend = await open(name);
    history = await (name === "redis" ? watchRedis(redisUrl()) : watchDatabase(database.url));
  });
  afterAll(() => history.close());

  it("decides for every pair of states which of them stays", async () => {
    const wrong: string[] = [];
    for (const stored of STATES) {
      const check = async (next: State) => {
        const id = randomUUID();
        await backend.store(of(id, stored), record(stored, "old"));
        await backend.store(of(id, next), record(next, "new"));
        const kept = (await backend.get(id))?.result === "old";
        if (kept === mayFollow(stored, next))
          wrong.push(`${shown(next)} after ${shown(stored)}: ${kept ? "kept" : "replaced"}`);
      };
      await Promise.all(STATES.map(check));
    }
    expect(wrong).toEqual([]);
  });

  it("keeps it although many write at once and late (300 tasks, 5 writers)", async () => {
    const writers = await Promise.all(Array.from({ length: 5 }, () => open(name)));
    const tasks = Array.from({ length: 300 }, () => ({
      id: randomUUID(),
      states: Array.from({ length: 8 }, () => KNOWN[Math.floor(Math.random() * KNOWN.length)] as State),
    }));
    const write = async (id: string, state: State, writer: StoredBackend) => {
      await sleep(Math.random() * 40);
      await writer.store(of(id, state), record(state, shown(state)));
    };
    await Promise.all(
      tasks.flatMap(({ id, states }) => states.map((state, n) => write(id, state, writers[n % 5] as StoredBackend))),
    );
    for (const { id, states } of tasks) {
      const known = new Map(states.map((state) => [shown(state), state]));
      const last = known.get(String((await backend.get(id))?.result)) as State;
      // Whatever the order of arrival was: nothing that could still replace it was lost.
      const lost = states.filter((state) => mayFollow(last, state) && !mayFollow(state, last));
      expect(lost.map(shown)).toEqual([]);
      const seen = (await history.of(id)).map(({ status }) => status);
      const firstEnd = seen.findIndex(isEnd);
      if (firstEnd >= 0) expect(seen.slice(firstEnd).every(isEnd)).toBe(true);
      expect(seen.slice(0, -1)).not.toContain("SUCCESS");
    }
  });

  it("takes the retries for the attempt when nothing else is said", async () => {
    const [later, earlier] = [target({ retries: 2 }), { retries: 1 }];
    await backend.store(later, record({ status: "STARTED", attempt: null }, 2));
    await backend.store({ ...later, ...earlier }, record({ status: "RETRY", attempt: null }, 1));
    expect(await backend.get(later.id)).toMatchObject({ status: "STARTED", result: 2 });
  });

  it("is nothing that Python sees: it reads our states, and its own may replace them and be replaced", async () => {
    const value = { n: [1, "é", null] };
    const [done, failed, mixed, late] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const second: State = { status: "", attempt: [3, 4_000_000_000] };
    await backend.store(of(done, second), record({ ...second, status: "SUCCESS" }, value));
    const error = { exc_type: "KeyError", exc_message: ["k"], exc_module: "builtins" };
    await backend.store(of(failed, second), record({ ...second, status: "FAILURE" }, error));
    const views = await pythonReads(pythonUrl(), [done, failed]);
    expect(views).toMatchObject([
      { state: "SUCCESS", value },
      { state: "FAILURE", error: ["KeyError", "builtins", ["k"]] },
    ]);
    await backend.store(of(mixed, second), record({ ...second, status: "RETRY" }, null));
    await backend.store(of(late, second), record({ ...second, status: "STARTED" }, null));
    const store = (items: readonly object[]) => python({ do: "store", backend: pythonUrl(), items });
    await store([
      { id: mixed, state: "STARTED", result: { pid: 1 } },
      { id: late, state: "SUCCESS", result: 5 },
    ]);
    // Python does not say which attempt: any may follow, but nothing follows its success.
    const first: State = { status: "HALF", attempt: [0, 0] };
    for (const id of [mixed, late]) await backend.store(of(id, first), record(first, "half"));
    expect([await backend.get(mixed), await backend.get(late)]).toMatchObject([
      { status: "HALF", result: "half" },
      { status: "SUCCESS", result: 5 },
    ]);
  });

  it("begins anew once the result is forgotten", async () => {
    const [last, first] = [
      { status: "SUCCESS", attempt: [0, 2] },
      { status: "STARTED", attempt: [0, 0] },
    ] as const;
    const id = randomUUID();
    await backend.store(of(id, last), record(last, 1));
    await backend.forget(id);
    await backend.store(of(id, first), record(first, 2));
    expect(await backend.get(id)).toMatchObject({ status: "STARTED" });
  });
});

describe("redis", () => {
  it("that allows no scripts: states are stored in their order all the same, and the log says what is missing", async () => {
    const user = `plain-${randomUUID()}`;
    await redis.current.sendCommand(["ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all", "-@scripting"]);
    const lines: string[] = [];
    const backend = await open("redis", { url: redisUrl().replace("redis://", `redis://${user}:secret@`), lines });
    const states: readonly State[] = [
      { status: "STARTED", attempt: [0, 1] },
      { status: "RETRY", attempt: [0, 0] },
      { status: "SUCCESS", attempt: [0, 1] },
      { status: "FAILURE", attempt: [0, 2] },
    ];
    const id = randomUUID();
    const seen: unknown[] = [];
    for (const state of states) {
      await backend.store(of(id, state), record(state, null));
      seen.push((await backend.get(id))?.status);
    }
    expect(seen).toEqual(["STARTED", "STARTED", "SUCCESS", "SUCCESS"]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("EVAL");
    expect(lines[0]).not.toContain("secret");
    await redis.current.sendCommand(["ACL", "DELUSER", user]);
  });

  it("that holds what is no state under a task's key: it is replaced, and stands in no task's way", async () => {
    const backend = await open("redis");
    for (const odd of ["", "no json", "[]", '{"status":5}']) {
      const task = target();
      await redis.current.set(`celery-task-meta-${task.id}`, odd);
      await backend.store(task, record({ status: "SUCCESS", attempt: null }, 1));
      expect(await backend.get(task.id)).toMatchObject({ status: "SUCCESS" });
    }
  });
});
