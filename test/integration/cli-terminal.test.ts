import { expect, it } from "vitest";
import { BUILT_MAIN } from "../support/celery-command.js";
import { useBareClient, useWorkers } from "../support/celery-worker.js";
import { useVhost } from "../support/services.js";
import { Terminal } from "../support/terminal.js";

const vhost = useVhost();
const bare = useBareClient(() => vhost.url);
const startWorker = useWorkers(() => vhost.url);

it("celery events shows tasks as they come, one in detail, and revokes it after a yes", async () => {
  const worker = await startWorker(
    (app) => {
      app.task("t.fail", () => {
        throw new RangeError("boom");
      });
      app.task("t.wait", (ctx) => new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve(null))));
    },
    { hostname: "seen@test" },
  );
  const env = { CELERY_BROKER_URL: vhost.url, TERM: "screen-256color" };
  const terminal = await Terminal.open(`'${process.execPath}' '${BUILT_MAIN}' events`, env);
  try {
    await terminal.shows(/Workers online: seen@test/);
    const failed = await bare.current.send("celery", "t.fail");
    await terminal.shows(new RegExp(`${failed} t\\.fail +seen@test.*FAILURE`));
    const waiting = await bare.current.send("celery", "t.wait", [], { argsrepr: "(7,)" });
    await terminal.shows(new RegExp(`${waiting} t\\.wait +seen@test.*STARTED`));

    await terminal.press("Home", "Enter");
    expect(await terminal.shows(/root_id/)).toMatch(/state +STARTED[\s\S]*args +\(7,\)/);
    await terminal.press("Escape");
    await terminal.shows(/^UUID +TASK/m);
    await terminal.press("j", "t");
    await terminal.shows(/RangeError: boom/);
    await terminal.press("w");
    await terminal.shows(/seen@test +ONLINE +1 +2 .*node-celery \d/);
    await terminal.press("Escape");
    await terminal.shows(/^UUID +TASK/m);
    await terminal.press("Home", "c");
    await terminal.shows(new RegExp(`Revoke t\\.wait ${waiting}`));
    await terminal.press("y");
    await terminal.shows(new RegExp(`${waiting} is revoked at 1 worker`));
    await terminal.shows(new RegExp(`${waiting} t\\.wait.*REVOKED`));
    expect((await bare.current.result(waiting)).status).toBe("REVOKED");
    await worker.stop(0);
    await terminal.shows(/Workers online: none/);

    await terminal.press("q");
    expect(await terminal.shows(/ENDED 0/)).not.toMatch(/celery events/);
  } finally {
    await terminal.close();
  }
});
