import { describe, expect, it } from "vitest";
import { displayUrl, parseBrokerUrl } from "../../../../src/celery/amqp/url.js";
import { compileSettings } from "../../../../src/celery/settings.js";

const FILE = import.meta.filename;

describe("parseBrokerUrl", () => {
  it("reads every address of a failover list as kombu does", () => {
    const list = parseBrokerUrl("amqp://;pyamqp://u:p%40ss@h:5673//;amqps://h2/vhost?heartbeat=7;librabbitmq://h3/v");
    expect(list.map((address) => [address.protocol, displayUrl(address), address.vhost, address.heartbeat])).toEqual([
      ["amqp", "amqp://guest:**@localhost:5672//", "/", undefined],
      ["amqp", "amqp://u:**@h:5673//", "/", undefined],
      ["amqps", "amqps://guest:**@h2:5671/vhost", "vhost", 7],
      ["amqp", "amqp://guest:**@h3:5672/v", "v", undefined],
    ]);
    expect(list[1]?.password).toBe("p@ss");
  });

  it("keeps the brackets of an IPv6 address for display only", () => {
    const [address] = parseBrokerUrl("amqp://u:p@[::1]:5673/v");
    expect(address?.hostname).toBe("::1");
    expect(address && displayUrl(address)).toBe("amqp://u:**@[::1]:5673/v");
  });

  it.each(["redis://h", "sqs://", "memory://", "", "amqp://u:s3cret@h:port"])(
    "refuses %j without a password",
    (url) => {
      expect(() => parseBrokerUrl(url)).toThrow(
        expect.objectContaining({
          code: "CELERY_IMPROPERLY_CONFIGURED",
          message: expect.not.stringContaining("s3cret") as string,
        }),
      );
    },
  );

  it("reads the files of TLS, as of a Redis URL", () => {
    const [address] = parseBrokerUrl(`amqps://h/v?ssl_cert_reqs=CERT_NONE&ssl_certfile=${FILE}&ssl_server_hostname=n`);
    const files = { caFile: null, certFile: FILE, keyFile: FILE };
    expect(address?.tls).toEqual({ rejectUnauthorized: false, ...files, serverName: "n" });
    expect(parseBrokerUrl("amqps://h/v")[0]?.tls).toBeUndefined();
  });

  it.each([
    [`amqp://h?ssl_ca_certs=${FILE}`, "write amqps://"],
    ["amqps://h?ssl_cert_reqs=maybe", "ssl_cert_reqs of the broker URL must be required, optional or none"],
    [`amqps://h?ssl_keyfile=${FILE}`, "give ssl_certfile, too"],
    ["amqps://h?ssl_ca_certs=/nowhere", "ssl_ca_certs of the broker URL cannot be read"],
  ])("refuses %s with a reason", (url, reason) => {
    expect(() => parseBrokerUrl(url)).toThrow(reason);
  });
});

describe("broker_use_ssl", () => {
  const urlOf = (broker: string, useSsl: unknown) => compileSettings({ broker, broker_use_ssl: useSsl }).brokerUrl;

  it.each([
    ["amqp://u:p@h/v", false, "amqp://u:p@h/v"],
    ["amqp://u:p@h/v", true, "amqps://u:p@h/v"],
    ["pyamqp://h:5673//; librabbitmq://b", true, "amqps://h:5673//; amqps://b"],
    [
      "amqps://h?heartbeat=7",
      { ca_certs: "/a b", cert_reqs: "none" },
      "amqps://h?heartbeat=7&ssl_ca_certs=%2Fa%20b&ssl_cert_reqs=none",
    ],
    ["amqps://h?ssl_ca_certs=/mine", { caCerts: "/other" }, "amqps://h?ssl_ca_certs=/mine"],
  ])("is written into %s: %j", (broker, useSsl, url) => {
    expect(urlOf(broker, useSsl)).toBe(url);
    expect(urlOf(url, useSsl)).toBe(url);
  });

  it("with a word that Celery has not is refused", () => {
    expect(() => urlOf("amqp://h", { ca_certificates: "/a" })).toThrow("brokerUseSsl");
  });
});
