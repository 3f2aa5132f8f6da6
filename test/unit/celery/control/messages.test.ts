import { describe, expect, it } from "vitest";
import { describeInstallation, describeSettings } from "../../../../src/celery/control/configuration.js";
import { helloReply, readRevoked, revokedTable } from "../../../../src/celery/control/hello.js";
import {
  type ControlRequest,
  encodeControlRequest,
  isAddressed,
  readControlRequest,
} from "../../../../src/celery/control/message.js";
import { compileSettings } from "../../../../src/celery/settings.js";
import { fakeWorker } from "../../../support/controlled-worker.js";

const request: ControlRequest = {
  method: "ping",
  arguments: { a: 1 },
  destination: null,
  pattern: null,
  matcher: null,
  ticket: "t",
  replyTo: { exchange: "reply.celery.pidbox", routingKey: "oid" },
};

describe("requests", () => {
  it("have the body that Python sends", () => {
    const { body, contentType } = encodeControlRequest(request, "json");
    expect(JSON.parse(body.toString())).toEqual({
      method: "ping",
      arguments: { a: 1 },
      destination: null,
      pattern: null,
      matcher: null,
      ticket: "t",
      reply_to: { exchange: "reply.celery.pidbox", routing_key: "oid" },
    });
    expect(contentType).toBe("application/json");
    expect(readControlRequest(JSON.parse(body.toString()))).toEqual(request);
  });

  it("without reply carry no address", () => {
    const { body } = encodeControlRequest({ ...request, ticket: null, replyTo: null }, "json");
    expect(Object.keys(JSON.parse(body.toString()))).not.toContain("reply_to");
  });

  it.each(["[]", "3", '{"arguments": {}}'])("%s is none", (text) => {
    expect(readControlRequest(JSON.parse(text))).toBeNull();
  });

  it.each([
    [{}, true],
    [{ destination: ["w1@a", "w2@a"] }, true],
    [{ destination: ["w2@a"] }, false],
    [{ pattern: "w?@*", matcher: "glob" }, true],
    [{ pattern: "x*", matcher: "glob" }, false],
    [{ pattern: "w\\d@", matcher: "pcre" }, true],
    [{ pattern: "\\d@", matcher: "pcre" }, false],
    [{ pattern: "[v-x][!2]@[ab]", matcher: "glob" }, true],
    [{ pattern: "[!v-x]1@a", matcher: "glob" }, false],
    [{ pattern: "w[", matcher: "glob" }, false],
    [{ pattern: "*w**1*@*", matcher: "glob" }, true],
    [{ pattern: `${"*w".repeat(200)}*`, matcher: "glob" }, false],
    [{ pattern: "x*" }, true],
    [{ destination: ["w2@a"], pattern: "w*", matcher: "glob" }, false],
  ])("for %j concern w1@a: %s", (to, expected) => {
    expect(isAddressed({ ...request, ...to }, "w1@a")).toBe(expected);
  });

  it("of a pattern that would match for ever are refused", () => {
    const name = `${"a".repeat(200)}@b`;
    const asking = (pattern: string, matcher: string) => () => isAddressed({ ...request, pattern, matcher }, name);
    expect(asking("(a+)+$", "pcre")).toThrow(/timed out/);
    expect(asking("a".repeat(1_000_000), "pcre")).toThrow(/1000 characters/);
    expect(asking("(", "pcre")).toThrow(/Unterminated group/);
    expect(asking(`${"*a".repeat(100)}c`, "glob")()).toBe(false);
  });

  it("with an unknown matcher are refused", () => {
    expect(() => isAddressed({ ...request, pattern: "w*", matcher: "sql" }, "w1@a")).toThrow(/sql/);
  });
});

describe("hello", () => {
  it("gives revoked ids with fractional times, and takes those of the other", () => {
    const worker = fakeWorker();
    const answer = helloReply(worker, "x@y", { abc: [12.5, "abc"], def: 99.5 });
    expect(answer?.clock).toBe(8);
    expect(Object.keys(answer?.revoked ?? {})).toEqual(["abc", "def"]);
    for (const [seconds] of Object.values(answer?.revoked ?? {})) expect(Number.isInteger(seconds)).toBe(false);
  });

  it("is told apart from itself", () => {
    expect(helloReply(fakeWorker(), "w@host", null)).toBeNull();
  });

  it("reads a list of ids, and refuses what is no time", () => {
    expect([...readRevoked(["a", "b"]).keys()]).toEqual(["a", "b"]);
    expect(() => readRevoked({ a: ["x", "a"] })).toThrow(/float timestamp/);
    expect(() => readRevoked("a")).toThrow();
  });

  it("keeps the age of an id between two workers of one host, and takes an impossible one as new", () => {
    const hourAgo = Date.now() - 3_600_000;
    const [atMs] = readRevoked(revokedTable([["a", hourAgo]])).values();
    expect(Math.abs((atMs ?? 0) - hourAgo)).toBeLessThan(1000);
    const [foreign] = readRevoked({ a: [1e12, "a"] }).values();
    expect(Date.now() - (foreign ?? 0)).toBeLessThan(1000);
  });
});

describe("the configuration", () => {
  const settings = compileSettings({
    broker: "amqp://user:s3cret@host//;amqp://user:0ther@b//",
    backend: "redis://:hidden@host/0",
    taskRoutes: { "a.*": { queue: "q", routingKey: "k" } },
    taskTimeLimit: 3,
  });

  it("shows what differs from the default, and what Python workers always show, under Celery's names", () => {
    expect(describeSettings(settings, false)).toEqual({
      accept_content: ["json"],
      broker_heartbeat: 120,
      deprecated_settings: null,
      enable_utc: true,
      include: [],
      timezone: "UTC",
      worker_hijack_root_logger: false,
      worker_log_color: false,
      broker_url: "amqp://user:********@host//;amqp://user:********@b//",
      result_backend: "redis://:********@host/0",
      task_routes: { "a.*": { queue: "q", routingKey: "k" } },
      task_time_limit: 3,
    });
  });

  it("shows all with defaults, and never a secret", () => {
    const all = describeSettings(settings, true);
    expect(all.worker_prefetch_multiplier).toBe(4);
    expect(JSON.stringify(all)).not.toMatch(/s3cret|0ther|hidden/);
    expect(describeInstallation(settings)).not.toMatch(/s3cret|0ther|hidden/);
  });
});
