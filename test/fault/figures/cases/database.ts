import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { canMount, SmallDisk } from "../../../support/small-disk.js";
import type { FaultCase } from "../fault-case.js";
import { type FlowOptions, flowThrough, type PassingFault, type Scene } from "../flow-through.js";
import type { Stage } from "../stage.js";

const COMMON = { recoverWithin: 10, deadline: 600 } as const;
const STOPS: FlowOptions = { holdMs: 8000, stops: true };

/** A client of the database that no fault here concerns. */
async function admin({ stage, services }: Scene): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: services.databaseUrl });
  client.on("error", () => undefined);
  await client.connect();
  stage.atEnd(() => client.end());
  return client;
}

const endSessions = async (client: pg.Client) =>
  (await client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker'")).rowCount ?? 0;

async function killed({ services }: Scene): Promise<PassingFault> {
  return { begin: () => services.killDatabase(), end: () => services.startDatabase() };
}

/** As a failover leaves the old primary: sessions begin read-only, and the worker has to leave those by itself. */
async function readOnly(scene: Scene): Promise<PassingFault> {
  const client = await admin(scene);
  return {
    begin: async () => {
      await client.query("alter role worker set default_transaction_read_only = on");
      await endSessions(client);
    },
    end: () => client.query("alter role worker reset default_transaction_read_only"),
  };
}

async function full(stage: Stage) {
  if (!canMount()) throw new Error("a small file system cannot be mounted here: root is needed");
  let disk: SmallDisk | undefined;
  const database = async (services: Scene["services"]) => {
    const opened = await SmallDisk.open(services);
    stage.atEnd(() => opened.close());
    disk = opened;
    return opened.databaseUrl;
  };
  return await flowThrough(stage, { ...STOPS, database }, () => ({
    begin: () => disk?.fill(),
    end: () => disk?.empty(),
  }));
}

/** As behind a migration: statements reach their time limit. */
async function locked(scene: Scene): Promise<PassingFault> {
  const client = await admin(scene);
  return {
    env: { DATABASE_STATEMENT_TIMEOUT: "2" },
    begin: () => client.query("begin; lock table jobs in access exclusive mode"),
    end: () => client.query("commit"),
  };
}

/** Sessions end at any moment of any statement. */
async function terminated(scene: Scene): Promise<PassingFault> {
  const client = await admin(scene);
  const over = new AbortController();
  let ended = 0;
  let ending: Promise<void> | undefined;
  const again = async () => {
    while (!over.signal.aborted) {
      ended += await endSessions(client);
      await delay(50);
    }
  };
  return {
    begin: () => {
      ending = again();
    },
    end: async () => {
      over.abort();
      await ending;
      if (ended < 10) throw new Error(`only ${ended} sessions were ended`);
      scene.stage.say(`${ended} sessions ended`);
    },
  };
}

/** The database killed, and the pooler stopped and started, both behind the worker's back. */
async function pooled({ services }: Scene): Promise<PassingFault> {
  const pooler = await services.startPgbouncer();
  return {
    env: { DATABASE_URL: pooler.url },
    begin: async () => {
      await services.killDatabase();
      await pooler.stop();
    },
    end: async () => {
      await services.startDatabase();
      await pooler.start();
    },
  };
}

export const database: readonly FaultCase[] = [
  {
    name: "database-killed",
    about: "PostgreSQL gets a SIGKILL and is away for 8 s",
    set: "quick",
    ...COMMON,
    run: (stage) => flowThrough(stage, STOPS, killed),
  },
  {
    name: "database-read-only",
    about: "every session of PostgreSQL is read-only for 8 s",
    set: "full",
    ...COMMON,
    run: (stage) => flowThrough(stage, STOPS, readOnly),
  },
  { name: "database-full", about: "PostgreSQL's disk is full for 8 s", set: "full", ...COMMON, run: full },
  {
    name: "database-locked",
    about: "the table of jobs is locked for 8 s, statements may take 2 s",
    set: "full",
    ...COMMON,
    run: (stage) => flowThrough(stage, STOPS, locked),
  },
  {
    name: "database-terminated",
    about: "the worker's sessions are ended every 50 ms for 8 s",
    set: "full",
    ...COMMON,
    run: (stage) => flowThrough(stage, { holdMs: 8000, stops: false }, terminated),
  },
  {
    name: "database-pooled",
    about: "behind PgBouncer in transaction mode: PostgreSQL killed and PgBouncer stopped for 8 s",
    set: "full",
    ...COMMON,
    run: (stage) => flowThrough(stage, STOPS, pooled),
  },
];
