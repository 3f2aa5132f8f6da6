import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../src/jobs/database.js";
import { JobRepository } from "../../src/jobs/repository.js";
import { untilAvailable } from "../../src/postgres/availability.js";
import { useJobs } from "../support/jobs.js";

const jobs = useJobs();
let proxy: Server;
let port = 0;
const sockets = new Set<Socket>();

beforeEach(async () => {
  const target = new URL(jobs.url);
  proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

/** Every connection stays open and moves nothing any more, as after a router lost its state. */
function stall(): void {
  for (const socket of sockets) {
    socket.unpipe();
    socket.pause();
  }
}

test("a connection on which nothing moves is given up, and the claim goes through on another", async () => {
  const url = new URL(jobs.url);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  const database = openDatabase({ url: url.href, poolSize: 1, statementTimeoutSeconds: 1, connectTimeoutSeconds: 30 });
  try {
    const repository = new JobRepository(database);
    await repository.ping();
    const id = await jobs.queue();
    stall();
    const failures: string[] = [];
    const outcome = await untilAvailable(
      () => repository.claim(id, "SPOT_SIMULATION", { heir: false, staleAfterSeconds: 60 }),
      { onUnavailable: (error) => failures.push(error.message) },
    );
    expect(outcome.kind).toBe("claimed");
    expect(failures).not.toEqual([]);
  } finally {
    await database.destroy();
  }
});
