import { randomUUID } from "node:crypto";
import pg from "pg";
import { createClient } from "redis";
import { BareClient } from "./celery-worker.js";

/** One state as an observer saw it. */
export interface SeenState {
  readonly status: string;
  readonly result: unknown;
}

/** Every state that tasks went through, in the order in which it could be seen where results are kept. */
export interface StateHistory {
  /** Of one task, oldest first. */
  of(id: string): Promise<readonly SeenState[]>;
  close(): Promise<void>;
}

/** What arrives in the queue of a client: `rpc://`. */
export async function watchQueue(url: string): Promise<StateHistory & { readonly client: BareClient }> {
  const client = await BareClient.open(url);
  return { client, of: async (id) => client.statesOf(id), close: () => client.close() };
}

/** What is published on the keys of results. */
export async function watchRedis(url: string): Promise<StateHistory> {
  const client = await createClient({ url }).connect();
  const seen = new Map<string, SeenState[]>();
  const note = (message: string) => {
    const { task_id: id, ...state } = JSON.parse(message) as SeenState & { readonly task_id: string };
    seen.set(id, [...(seen.get(id) ?? []), state]);
  };
  await client.pSubscribe("celery-task-meta-*", note);
  return { of: async (id) => seen.get(id) ?? [], close: async () => client.destroy() };
}

/** Each version of the rows of results, kept by a trigger; the table must exist. Results are not decoded. */
export async function watchDatabase(url: string): Promise<StateHistory> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const name = `history_${randomUUID().replaceAll("-", "")}`;
  await client.query(`
    CREATE TABLE ${name} (n serial, task_id text, status text);
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO ${name} (task_id, status) VALUES (NEW.task_id, NEW.status); RETURN NEW; END';
    CREATE TRIGGER ${name} AFTER INSERT OR UPDATE ON celery_taskmeta FOR EACH ROW EXECUTE FUNCTION ${name}();`);
  return {
    of: async (id) => {
      const { rows } = await client.query(`SELECT status, NULL AS result FROM ${name} WHERE task_id = $1 ORDER BY n`, [
        id,
      ]);
      return rows;
    },
    close: () => client.end(),
  };
}
