import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "../../../src/jobs/database.js";
import { useDatabase } from "../../support/services.js";
import { waitUntil } from "../../support/wait-until.js";

const own = useDatabase();

test("an idle connection is closed in good order, not reported as lost", async () => {
  const lost: Error[] = [];
  const database = openDatabase({
    url: own.url,
    statementTimeoutSeconds: 1,
    onConnectionError: (error) => lost.push(error),
  });
  const observer = openDatabase({ url: own.url });
  try {
    const used = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(database);
    const pid = used.rows[0]?.pid;
    await waitUntil(async () => {
      const found = await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(observer);
      return found.rows.length === 0;
    });
    expect(lost).toEqual([]);
  } finally {
    await database.destroy();
    await observer.destroy();
  }
});

test("a connection lost while it is set up takes no place in the pool: later statements get one, destroy() ends", async () => {
  // PostgreSQL refuses this setting, so every new connection fails where one fails whose server is going away.
  const database = openDatabase({ url: own.url, statementTimeoutSeconds: -1, poolSize: 2 });
  for (let attempt = 0; attempt < 5; attempt++)
    await expect(sql`select 1`.execute(database)).rejects.toThrow(/statement_timeout/);
  await database.destroy();
});
