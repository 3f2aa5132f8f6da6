import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { runBuiltCelery } from "../../support/celery-command.js";
import { useBareClient } from "../../support/celery-worker.js";
import { useVhost } from "../../support/services.js";
import { useTlsDoor } from "../../support/tls-door.js";
import { WorkerProcess } from "../../support/worker-process.js";

const APP = fileURLToPath(new URL("../../../examples/app.mjs", import.meta.url));

describe("amqps://", () => {
  const vhost = useVhost();
  const door = useTlsDoor(() => vhost.url);
  const bare = useBareClient(() => vhost.url);
  let worker: WorkerProcess | null = null;
  afterEach(async () => {
    await worker?.kill();
    worker = null;
  });

  /** The broker's URL through the door. */
  function secureUrl(): string {
    const url = new URL(vhost.url.replace(/^amqp:/, "amqps:"));
    url.hostname = "localhost";
    url.port = String(door.current.port);
    return url.href;
  }

  it("runs tasks and answers commands with a certificate that NODE_EXTRA_CA_CERTS vouches for", async () => {
    const trust = { NODE_EXTRA_CA_CERTS: door.current.certificate };
    worker = WorkerProcess.start({ CELERY_BROKER_URL: secureUrl(), ...trust }, ["-c", "1", "-n", "secure@test"], APP);
    await worker.wrote("ready.");
    const id = await bare.current.send("celery", "tasks.add", [20, 22]);
    expect(await bare.current.result(id)).toMatchObject({ status: "SUCCESS", result: 42 });
    const ping = await runBuiltCelery(["-b", secureUrl(), "inspect", "ping"], trust);
    expect(ping).toMatchObject({ code: 0, stderr: "" });
    expect(ping.stdout).toContain("secure@test: OK");
  });

  it("does not trust a certificate it cannot check, and says so without the password", async () => {
    const refused = await runBuiltCelery(["-b", secureUrl(), "inspect", "ping"]);
    expect(refused.code).toBe(69);
    expect(refused.stderr).toMatch(
      /^Error: Could not connect to the message broker amqps:\/\/[^:]+:\*{3}@localhost:\d+\/.*: self-signed certificate/,
    );
  });
});
