import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePorts, ProcessGuard } from "../../../scripts/local/processes.js";
import { startRabbitmq } from "../../../scripts/local/rabbitmq.js";
import { dataFolder } from "../../../scripts/local/services.js";
import { Celery } from "../../../src/celery/index.js";
import { runBuiltCelery } from "../../support/celery-command.js";
import { WorkerProcess } from "../../support/worker-process.js";

const APP = fileURLToPath(new URL("../../../examples/app.mjs", import.meta.url));

/** An authority of our own, and certificates that it signs. */
class Authority {
  readonly certificate: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.certificate = this.#file("pem");
    const files = ["-keyout", this.#file("key"), "-out", this.certificate, "-days", "1", "-nodes"];
    openssl("req", "-x509", "-newkey", "rsa:2048", ...files, "-subj", `/CN=${name}`);
  }

  sign(commonName: string, alternativeName: string): { certificate: string; key: string } {
    const path = (kind: string) => join(this.folder, `${this.name}-${commonName}.${kind}`);
    const request = ["-keyout", path("key"), "-out", path("csr"), "-nodes", "-subj", `/CN=${commonName}`];
    openssl("req", "-newkey", "rsa:2048", ...request);
    writeFileSync(path("ext"), `subjectAltName=${alternativeName}\n`);
    const signing = ["-CA", this.certificate, "-CAkey", this.#file("key"), "-CAcreateserial", "-days", "1"];
    openssl("x509", "-req", "-in", path("csr"), ...signing, "-extfile", path("ext"), "-out", path("pem"));
    return { certificate: path("pem"), key: path("key") };
  }

  #file(kind: string): string {
    return join(this.folder, `${this.name}.${kind}`);
  }
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}

describe("a RabbitMQ that wants a client's certificate", () => {
  const guard = new ProcessGuard();
  let ours: Authority;
  let client: { certificate: string; key: string };
  let strange: { certificate: string; key: string };
  let url: string;
  let worker: WorkerProcess | null = null;

  beforeAll(async () => {
    const folder = await dataFolder();
    guard.ownFolder(folder);
    ours = new Authority(folder, "ours");
    client = ours.sign("worker", "DNS:worker");
    strange = new Authority(folder, "theirs").sign("worker", "DNS:worker");
    const server = ours.sign("broker.internal", "DNS:broker.internal");
    const [port] = await freePorts(1);
    await startRabbitmq(guard, join(folder, "rabbitmq"), [
      `listeners.ssl.1 = 127.0.0.1:${port}`,
      `ssl_options.cacertfile = ${ours.certificate}`,
      `ssl_options.certfile = ${server.certificate}`,
      `ssl_options.keyfile = ${server.key}`,
      "ssl_options.verify = verify_peer",
      "ssl_options.fail_if_no_peer_cert = true",
    ]);
    url = `amqps://guest:guest@127.0.0.1:${port}//`;
  });
  afterEach(async () => {
    await worker?.kill();
    worker = null;
  });
  afterAll(() => guard.close());

  const settings = () => ({ caCerts: ours.certificate, certfile: client.certificate, keyfile: client.key });
  /** Named otherwise than its address, as behind a forwarded port. */
  const named = () => ({ ...settings(), serverHostname: "broker.internal" });
  const ping = (address: string, env: Record<string, string> = {}) =>
    runBuiltCelery(["-b", address, "inspect", "ping"], env);
  const withFiles = (address: string, files: Record<string, string>) =>
    `${address}?${new URLSearchParams({ ssl_server_hostname: "broker.internal", ...files })}`;

  it("is served with files that the URL names, that variables name, and by an app's setting", async () => {
    const files = { ssl_ca_certs: ours.certificate, ssl_certfile: client.certificate, ssl_keyfile: client.key };
    worker = WorkerProcess.start({ CELERY_BROKER_URL: withFiles(url, files) }, ["-c", "1", "-n", "secure@test"], APP);
    await worker.wrote("ready.");
    const app = new Celery("caller", {
      broker: url.replace("amqps:", "amqp:"),
      brokerUseSsl: named(),
      backend: "rpc://",
    });
    expect(await (await app.sendTask("tasks.add", [20, 22])).get({ timeout: 60 })).toBe(42);
    await app.close();
    const variables = {
      CELERY_BROKER_SSL_CA_CERTS: ours.certificate,
      CELERY_BROKER_SSL_CERTFILE: client.certificate,
      CELERY_BROKER_SSL_KEYFILE: client.key,
    };
    const answered = await ping(url.replace("amqps:", "amqp:"), variables);
    // Its certificate is for broker.internal, and nothing says that 127.0.0.1 may be that.
    expect(answered.stderr).toContain("IP: 127.0.0.1 is not in the cert's list");
    const trusting = await ping(url.replace("amqps:", "amqp:"), { ...variables, CELERY_BROKER_SSL_CERT_REQS: "none" });
    expect(trusting).toMatchObject({ code: 0, stdout: expect.stringContaining("secure@test: OK") });
  });

  it("refuses a client without a certificate, or with one of another authority, and the reason is told", async () => {
    const none = await ping(withFiles(url, { ssl_ca_certs: ours.certificate }));
    expect(none).toMatchObject({ code: 69, stderr: expect.stringMatching(/certificate required/) });
    const other = { ssl_ca_certs: ours.certificate, ssl_certfile: strange.certificate, ssl_keyfile: strange.key };
    const refused = await ping(withFiles(url, other));
    expect(refused).toMatchObject({ code: 69, stderr: expect.stringMatching(/unknown ca|certificate/i) });
  });

  it("is refused where its own certificate is not of an authority that is believed", async () => {
    const files = { ssl_certfile: client.certificate, ssl_keyfile: client.key };
    const refused = await ping(withFiles(url, files));
    expect(refused).toMatchObject({ code: 69, stderr: expect.stringMatching(/unable to verify|self-signed/) });
  });

  it("a file that is not there is told before anything is tried", async () => {
    const missing = await ping(withFiles(url, { ssl_ca_certs: "/nowhere/ca.pem" }));
    expect(missing.stderr).toMatch(/^Error: ssl_ca_certs of the broker URL cannot be read: .*ENOENT/);
  });
});
