import { describe, expect, it } from "vitest";
import { displayUrl, parseBrokerUrl } from "../../../../src/celery/amqp/url.js";

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
});
