import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisBackend } from "../../../../src/celery/results/redis.js";
import { redisUrl } from "../../../support/services.js";
import { success, target } from "./target.js";

/** A door to the plain Redis of the tests that speaks TLS with a certificate of its own. */
describe("rediss://", () => {
  const folder = mkdtempSync(join(tmpdir(), "rediss-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  let server: Server;
  let port: number;

  beforeAll(async () => {
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const files = ["-keyout", key, "-out", cert, "-days", "1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...files, ...names], { stdio: "pipe" });
    const redis = new URL(redisUrl());
    server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (client) => {
      const upstream = connect(Number(redis.port), redis.hostname);
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const backend = (query: string): RedisBackend =>
    new RedisBackend({
      url: `rediss://localhost:${port}/0${query}`,
      log: pino({ level: "silent" }),
      serializer: "json",
      expiresSeconds: 60,
      extended: false,
      keyPrefix: "",
      chordJoinTimeoutSeconds: 3,
    });

  it.each(["none", "ca"])("stores and waits with the certificate checked against: %s", async (check) => {
    const results = backend(check === "none" ? "?ssl_cert_reqs=none" : `?ssl_ca_certs=${encodeURIComponent(cert)}`);
    await results.start();
    const task = target();
    const waiting = results.waitFor(task.id);
    await results.store(task, success("over TLS"));
    expect(await waiting).toMatchObject({ result: "over TLS" });
    await results.close();
  });

  it("does not trust a certificate it cannot check", async () => {
    const results = backend("");
    const starting = results.start();
    const outcome = Promise.race([
      starting.then(() => "connected"),
      new Promise((resolve) => server.once("tlsClientError", () => resolve("refused"))),
    ]);
    starting.catch(() => undefined);
    expect(await outcome).toBe("refused");
    await results.close();
  });
});
