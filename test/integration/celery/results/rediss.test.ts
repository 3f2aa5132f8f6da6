import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { RedisBackend } from "../../../../src/celery/results/redis.js";
import { redisUrl } from "../../../support/services.js";
import { useTlsDoor } from "../../../support/tls-door.js";
import { success, target } from "./target.js";

describe("rediss://", () => {
  const door = useTlsDoor(redisUrl);
  const backend = (query: string): RedisBackend =>
    new RedisBackend({
      url: `rediss://localhost:${door.current.port}/0${query}`,
      log: pino({ level: "silent" }),
      serializer: "json",
      expiresSeconds: 60,
      extended: false,
      keyPrefix: "",
      chordJoinTimeoutSeconds: 3,
    });

  it.each(["none", "ca"])("stores and waits with the certificate checked against: %s", async (check) => {
    const results = backend(
      check === "none" ? "?ssl_cert_reqs=none" : `?ssl_ca_certs=${encodeURIComponent(door.current.certificate)}`,
    );
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
      new Promise((resolve) => door.current.server.once("tlsClientError", () => resolve("refused"))),
    ]);
    starting.catch(() => undefined);
    expect(await outcome).toBe("refused");
    await results.close();
  });
});
