import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Publisher } from "../../../../src/celery/amqp/publisher.js";
import { createBackend } from "../../../../src/celery/results/create.js";
import { compileSettings } from "../../../../src/celery/settings.js";

const NO_PUBLISHER = {} as Publisher;
const create = (url: string | null) =>
  createBackend(compileSettings({ result_backend: url }), NO_PUBLISHER, pino({ level: "silent" }));

describe("createBackend", () => {
  it.each([
    [null, "disabled"],
    ["disabled://", "disabled"],
    ["rpc://", "rpc"],
  ])("%j is %s", async (url, name) => {
    expect(create(url).name).toBe(name);
  });

  it.each(["mongodb://u:s3cret@h", "s3://bucket", "cache+memory://", "sentinel://h"])("refuses %s", (url) => {
    expect(() => create(url)).toThrow(
      expect.objectContaining({
        code: "CELERY_NOT_SUPPORTED",
        message: expect.not.stringContaining("s3cret") as string,
      }),
    );
  });
});
