import pg from "pg";
import { expect, it } from "vitest";
import { usePrivateServices } from "../../support/services.js";

const services = usePrivateServices({ postgres: true });

async function opened(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

it("a pooler in transaction mode hands one server session from client to client, and can be stopped and started", async () => {
  const pooler = await services.current.startPgbouncer({ poolSize: 1 });
  const [one, other] = [await opened(pooler.url), await opened(pooler.url)];
  await one.query("set statement_timeout = 12345");
  expect((await other.query("show statement_timeout")).rows).toEqual([{ statement_timeout: "12345ms" }]);
  await pooler.stop();
  await expect(opened(pooler.url)).rejects.toThrow(/ECONNREFUSED/);
  await pooler.start();
  const again = await opened(pooler.url);
  expect((await again.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await Promise.all([one, other, again].map((client) => client.end().catch(() => undefined)));
});
