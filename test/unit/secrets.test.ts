import { inspect } from "node:util";
import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { displayUrl, parseBrokerUrl } from "../../src/celery/amqp/url.js";
import { describeInstallation, describeSettings } from "../../src/celery/control/configuration.js";
import { postgresUrl } from "../../src/celery/results/database-url.js";
import { parseRedisUrl } from "../../src/celery/results/redis-options.js";
import { createRedactor, redactText, redactUrl } from "../../src/celery/secrets.js";
import { compileSettings } from "../../src/celery/settings.js";
import { createProgram } from "../../src/cli/program.js";
import { type Config, loadConfig } from "../../src/plosolver/config/config.js";
import { VARIABLES } from "../../src/plosolver/config/variables.js";
import { type Secret, secretValues, shownOf } from "../support/secret-places.js";

const RUNS = { numRuns: 400 };
const NAMES = Object.keys(VARIABLES);

/** What is shown to people of a configuration that was accepted. */
function shownOfConfig(config: Config): string {
  const settings = compileSettings({ brokerUrl: config.broker.url, resultBackend: config.results.backend });
  return [
    JSON.stringify(config),
    JSON.stringify({ config }),
    inspect(config, { depth: null }),
    JSON.stringify(describeSettings(settings, true)),
    describeInstallation(settings),
    ...parseBrokerUrl(config.broker.url).map(displayUrl),
    messageOf(() => parseRedisUrl(config.results.backend)),
    messageOf(() => postgresUrl(config.results.backend)),
  ].join("\n");
}

function messageOf(action: () => unknown): string {
  try {
    action();
    return "";
  } catch (error) {
    return inspect(error);
  }
}

function expectHidden(text: string, secret: Secret, where: unknown): void {
  const [part] = shownOf(text, secret);
  const at = part === undefined ? 0 : text.indexOf(part);
  expect(part, `${String(where)}\nshows it: …${text.slice(Math.max(0, at - 100), at + 100)}…`).toBeUndefined();
}

describe("a secret in any variable, in any form, is not shown", () => {
  it("by the error that refuses it, nor by what is told of a configuration that takes it", () => {
    fc.assert(
      fc.property(secretValues, fc.constantFrom(...NAMES), ({ value, secret }, name) => {
        const env = { [name]: value };
        let config: Config | undefined;
        expectHidden(
          messageOf(() => (config = loadConfig(env))),
          secret,
          JSON.stringify(env),
        );
        if (config !== undefined) expectHidden(shownOfConfig(config), secret, JSON.stringify(env));
      }),
      RUNS,
    );
  });

  it("by errors of the readers of URLs", () => {
    fc.assert(
      fc.property(
        secretValues,
        fc.constantFrom(parseBrokerUrl, parseRedisUrl, postgresUrl),
        ({ value, secret }, read) => {
          expectHidden(
            messageOf(() => read(value)),
            secret,
            `${read.name} ${JSON.stringify(value)}`,
          );
        },
      ),
      RUNS,
    );
  });

  it("by a log line or an error of a library that repeats the value", () => {
    fc.assert(
      fc.property(secretValues, fc.constantFrom("CELERY_BROKER_URL", "X"), ({ value, secret }, name) => {
        const redact = createRedactor({ [name]: value });
        const lines: string[] = [];
        const log = pino({ hooks: { streamWrite: redact } }, { write: (line: string) => lines.push(line) });
        const error = Object.assign(new Error(`cannot connect: ${value}`), { input: value });
        log.error({ err: error, address: { url: value } }, `lost ${value}`);
        log.child({ url: value }).warn("text");
        for (const line of lines) {
          expectHidden(line, secret, JSON.stringify(value));
          expect(() => JSON.parse(line) as unknown).not.toThrow();
        }
        expectHidden(redact(error.stack ?? ""), secret, JSON.stringify(value));
      }),
      RUNS,
    );
  });

  it("by a setting that holds it", () => {
    fc.assert(
      fc.property(secretValues, fc.constantFrom("brokerUrl", "resultBackend"), ({ value, secret }, name) => {
        const settings = compileSettings({ [name]: value });
        expectHidden(JSON.stringify(describeSettings(settings, true)), secret, value);
        expectHidden(describeInstallation(settings), secret, value);
      }),
      RUNS,
    );
  });

  it("by the command line that does not understand it", async () => {
    for (const { value, secret } of fc.sample(secretValues, 60)) {
      for (const args of [
        [value],
        ["inspect", "ping", `--brokr=${value}`],
        ["worker", "-c", value],
        ["solve", value, value],
      ]) {
        const redact = createRedactor({}, args);
        let output = "";
        const program = createProgram("1", redact);
        for (const command of [program, ...program.commands])
          command.configureOutput({ writeErr: (text) => (output += text) }).exitOverride();
        await program.parseAsync(args, { from: "user" }).catch((error: unknown) => {
          output += redact(String(error));
        });
        expectHidden(output, secret, args);
      }
    }
  });
});

describe("redactUrl", () => {
  it.each([
    ["amqp://user:pass@host//", "amqp://user:***@host//"],
    ["amqp://u:p@ss:w@host:1/v", "amqp://u:***@host:1/v"],
    ["redis://:pass@host/0", "redis://:***@host/0"],
    ["redis://pass@host/0", "redis://***@host/0"],
    ["amqp://a:b@h1//;amqp://c:d@h2//", "amqp://a:***@h1//;amqp://c:***@h2//"],
    ["amqp://u:p@[::1]:5/v", "amqp://u:***@[::1]:5/v"],
    ["postgresql://h/d?user=u&password=pw&x=1", "postgresql://h/d?user=u&password=***&***"],
    ["amqp://host:5672//", "amqp://host:5672//"],
    ["rpc://", "rpc://"],
  ])("shows of %s what is no secret", (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  it.each(["amqp://u:p@ss:w/o;rd@host:1/v", "amqp://u:p w@h x", '"amqp://u:p@h', "host=h password=p", "u:p@h"])(
    "hides %s whole: nobody knows where its password ends",
    (url) => {
      expect(redactUrl(url)).toBe("***");
    },
  );
});

describe("redactText", () => {
  it("cuts passwords out of a sentence", () => {
    expect(redactText("cannot reach amqp://u:pw@h:1/v (see redis://:x@r/0) password=y")).toBe(
      "cannot reach amqp://u:***@h:1/v (see redis://:***@r/0) password=***",
    );
  });

  it("leaves node names, addresses and paths alone", () => {
    const text = "celery@host: OK, a@b.c, file:///app/node_modules/.pnpm/pino@10.4.0/x.js:3:1, http://127.0.0.1:5002";
    expect(redactText(text)).toBe(text);
  });

  it("takes no longer than the text is long", () => {
    const texts = ["a", "a:", "a://", "a://b:", "password=", "@", "a:@", "'"].map((part) => part.repeat(300_000));
    for (const text of texts) redactText(`${text} @ ${text}`);
  });
});

describe("createRedactor", () => {
  it("knows passwords by the name of their variable, by URLs and by arguments", () => {
    const env = { PGPASSWORD: "fromName1", DB_URL: "postgresql://u:fromUrl1@h/d", PWD: "/work/here" };
    const redact = createRedactor(env, ["-b", "amqp://u:fromArg1@h"]);
    expect(redact("fromName1 fromUrl1 fromArg1 /work/here")).toBe("*** *** *** /work/here");
  });

  it("leaves words that everybody may read: users, hosts, databases", () => {
    const redact = createRedactor({ DATABASE_URL: "postgresql://plosolver:plosolver@postgres/plosolver" });
    expect(redact("plosolver_backend on postgres")).toBe("plosolver_backend on postgres");
  });
});
