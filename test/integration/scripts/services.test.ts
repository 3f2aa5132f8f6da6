import { connect } from "amqplib";
import pg from "pg";
import { expect, it } from "vitest";
import { useDatabase, useVhost } from "../../support/services.js";

const vhost = useVhost();
const database = useDatabase();

it("gives the file a virtual host of its own", async () => {
  const connection = await connect(vhost.url);
  const channel = await connection.createChannel();
  await channel.assertQueue("only-here");
  expect(await vhost.get("queues")).toMatchObject([{ name: "only-here" }]);
  await connection.close();
});

it("gives the file a database of its own", async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query("select count(*)::int as tables from pg_tables where schemaname = 'public'");
  expect(rows).toEqual([{ tables: 0 }]);
  await client.end();
});
