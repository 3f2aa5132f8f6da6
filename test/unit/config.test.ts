import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { renderEnvExample } from "../../src/config/env-example.js";
import { evaluateArithmetic } from "../../src/config/forms.js";
import { VARIABLES, type Variable } from "../../src/config/variables.js";
import { ConfigError, loadConfig, redactText, redactUrl, requireDatabaseUrl } from "../../src/config.js";

function messageOf(env: Record<string, string>): string {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("the environment was accepted");
}

function brokerOf(env: Record<string, string>): string {
  return loadConfig(env).broker.url;
}

describe("defaults", () => {
  const config = loadConfig({});

  test("are those of existing deployments", () => {
    expect(config.broker.url).toBe("amqp://rabbitmq:5672//");
    expect(config.results).toMatchObject({ backend: "rpc://", expiresSeconds: 3600, compression: "gzip" });
    expect(config.worker).toMatchObject({
      timeLimitSeconds: 1800,
      softTimeLimitSeconds: 1500,
      prefetchMultiplier: 1,
      acksLate: true,
      rejectOnWorkerLost: true,
      maxTasksPerChild: null,
      acceptContent: ["json"],
    });
    expect(config.http.port).toBe(5002);
    expect(config.worker.concurrency).toBeGreaterThan(0);
  });

  test("consume the old and the new queue names, each with its own dead-letter queue", () => {
    expect(config.topology.queues).toEqual([
      { name: "spot_simulation", deadLetterQueue: "spot_simulation-dlq" },
      { name: "spot-processing", deadLetterQueue: "spot-processing-dlq" },
      { name: "solver_analysis", deadLetterQueue: "solver_analysis-dlq" },
      { name: "solver-processing", deadLetterQueue: "solver-processing-dlq" },
    ]);
  });

  test("are frozen to the last level", () => {
    expect(() => Object.assign(config.worker, { concurrency: 9 })).toThrow(TypeError);
    expect(() => Object.assign(config.topology.queues, [1])).toThrow(TypeError);
  });

  test("hold for blank values", () => {
    expect(loadConfig({ CELERY_BROKER_URL: "", CELERY_TASK_TIME_LIMIT: "  " })).toEqual(config);
  });
});

describe("broker", () => {
  test("is built from pieces, with the vhost and the password encoded", () => {
    const pieces = {
      RABBITMQ_HOST: "mq",
      RABBITMQ_PORT: "5673",
      RABBITMQ_USERNAME: "plo",
      RABBITMQ_PASSWORD: "p@ss/1",
    };
    expect(brokerOf({ ...pieces, RABBITMQ_VHOST: "/plosolver" })).toBe("amqp://plo:p%40ss%2F1@mq:5673/%2Fplosolver");
    expect(brokerOf({ ...pieces, RABBITMQ_VHOST: "%2Fplosolver" })).toBe("amqp://plo:p%40ss%2F1@mq:5673/%2Fplosolver");
    expect(brokerOf({ RABBITMQ_HOST: "mq" })).toBe("amqp://guest:guest@mq:5672/%2F");
  });

  test("takes the names of the RabbitMQ image where the plain ones are missing", () => {
    const image = { RABBITMQ_DEFAULT_USER: "a", RABBITMQ_DEFAULT_PASS: "b", RABBITMQ_DEFAULT_VHOST: "v" };
    expect(brokerOf(image)).toBe("amqp://a:b@rabbitmq:5672/v");
    expect(brokerOf({ ...image, RABBITMQ_USERNAME: "c" })).toBe("amqp://c:b@rabbitmq:5672/v");
  });

  test("prefers the URL to the pieces", () => {
    expect(brokerOf({ CELERY_BROKER_URL: "amqp://u:p@h:1//", RABBITMQ_HOST: "mq" })).toBe("amqp://u:p@h:1//");
    expect(brokerOf({ CELERY_BROKER_URL: "amqp://a//; amqps://b//" })).toBe("amqp://a//;amqps://b//");
  });

  test("reads the port out of the variable that container platforms inject", () => {
    expect(brokerOf({ RABBITMQ_PORT: "tcp://10.0.0.7:5679" })).toBe("amqp://guest:guest@rabbitmq:5679/%2F");
  });
});

describe("queues", () => {
  const names = (env: Record<string, string>) => loadConfig(env).topology.queues.map((queue) => queue.name);

  test("given by RABBITMQ_SPOT_QUEUE come on top of the known ones", () => {
    expect(names({ RABBITMQ_SPOT_QUEUE: "spot-processing, mine" })).toEqual([
      "spot_simulation",
      "spot-processing",
      "mine",
      "solver_analysis",
      "solver-processing",
    ]);
  });

  test("given by CELERY_WORKER_QUEUES replace all others and keep their kind's dead-letter queue", () => {
    const config = loadConfig({
      CELERY_WORKER_QUEUES: "spot_simulation,other",
      RABBITMQ_SPOT_DLQ: "dead",
      RABBITMQ_SOLVER_DLQ: "sdead",
    });
    expect(config.topology.queues).toEqual([
      { name: "spot_simulation", deadLetterQueue: "dead" },
      { name: "other", deadLetterQueue: "other-dlq" },
    ]);
  });
});

describe("values", () => {
  test.each([
    ["30*60", 1800],
    ["1_800", 1800],
    [" (2 + 3) * 60 // 7 ", 42],
    ["-2 + 10/4", 0.5],
    ["30*", undefined],
    ["30**2", undefined],
    ["process.exit()", undefined],
    ["1/0", undefined],
    ["", undefined],
    ["(1", undefined],
  ])("arithmetic %j is %j", (text, value) => {
    expect(evaluateArithmetic(text)).toBe(value);
  });

  test("may be written as Python writes them", () => {
    const config = loadConfig({
      CELERY_TASK_TIME_LIMIT: "10*60",
      CELERY_ACCEPT_CONTENT: "['json', \"yaml\"]",
      CELERY_TASK_ACKS_LATE: "False",
      CELERY_TASK_TRACK_STARTED: "yes",
      CELERY_WORKER_MAX_TASKS_PER_CHILD: "None",
      LOG_LEVEL: "WARNING",
    });
    expect(config.worker).toMatchObject({
      timeLimitSeconds: 600,
      softTimeLimitSeconds: 500,
      acceptContent: ["json", "yaml"],
      acksLate: false,
      trackStarted: true,
      maxTasksPerChild: null,
    });
    expect(config.log.level).toBe("warn");
  });

  test("of the database URL may name SQLAlchemy's driver", () => {
    expect(loadConfig({ DATABASE_URL: "postgresql+psycopg2://u:p@h/d" }).database.url).toBe("postgresql://u:p@h/d");
    expect(loadConfig({ DATABASE_URL: "postgres://u:p@h/d" }).database.url).toBe("postgresql://u:p@h/d");
    expect(() => requireDatabaseUrl(loadConfig({}))).toThrow(/DATABASE_URL is not set/);
  });

  test("that cannot be used are all named in one message with what is allowed", () => {
    const message = messageOf({
      CELERY_WORKER_CONCURRENCY: "many",
      CELERY_HEALTH_PORT: "70000",
      LOG_FORMAT: "xml",
      CELERY_BROKER_URL: "redis://u:secretword@h/0",
      CELERY_TASK_ACKS_LATE: "perhaps",
      CELERY_RESULT_BACKEND: "ftp://x",
    });
    expect(message).toContain(
      'CELERY_WORKER_CONCURRENCY="many" is not allowed: it must be a whole number from 1 to 1024',
    );
    expect(message).toContain('CELERY_HEALTH_PORT="70000" is not allowed: it must be a port from 0 to 65535');
    expect(message).toContain('LOG_FORMAT="xml" is not allowed: it must be one of auto, json, pretty');
    expect(message).toContain('CELERY_BROKER_URL="redis://u:***@h/0"');
    expect(message).toContain("CELERY_TASK_ACKS_LATE");
    expect(message).toContain("CELERY_RESULT_BACKEND");
    expect(message).not.toContain("secretword");
  });

  test.each(Object.keys(VARIABLES))("%s set to rubbish is refused with its name or taken as text", (name) => {
    const rubbish = `\u0001 http:// ${"x".repeat(300)}`;
    try {
      loadConfig({ [name]: rubbish });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).toContain(name);
    }
  });
});

describe("warnings", () => {
  test("name a misspelt variable's nearest neighbour", () => {
    const config = loadConfig({ CELERY_WORKER_CONCURENCY: "3", DATABASE_URI: "x" });
    expect(config.warnings).toEqual([
      expect.stringMatching(/CELERY_WORKER_CONCURENCY.*CELERY_WORKER_CONCURRENCY/),
      expect.stringMatching(/DATABASE_URI.*DATABASE_URL/),
    ]);
  });

  test("leave other programs' variables alone", () => {
    expect(loadConfig({ RABBITMQ_NODENAME: "a", RABBITMQ_SERVICE_PORT_AMQP: "1", HOME: "/" }).warnings).toEqual([]);
  });

  test("tell that a soft limit beyond the hard one never acts", () => {
    const env = { CELERY_TASK_TIME_LIMIT: "60", CELERY_TASK_SOFT_TIME_LIMIT: "60" };
    expect(loadConfig(env).warnings).toEqual([expect.stringContaining("never acts")]);
  });
});

describe("credentials", () => {
  test.each([
    ["amqp://user:pass@host//", "amqp://user:***@host//"],
    ["amqp://u:p@ss:w/o;rd@host:1/v", "amqp://u:***@host:1/v"],
    ["redis://:pass@host/0", "redis://:***@host/0"],
    ["amqp://a:b@h1//;amqp://c:d@h2//", "amqp://a:***@h1//;amqp://c:***@h2//"],
    ["postgresql://h/d?user=u&password=pw&x=1", "postgresql://h/d?user=u&password=***&x=1"],
    ["amqp://host:5672//", "amqp://host:5672//"],
    ["amqp://u:p w@h x", "amqp://u:***@h x"],
  ])("are cut out of %s", (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });

  test("are cut out of a sentence", () => {
    expect(redactText("cannot reach amqp://u:pw@h:1/v (see redis://:x@r/0)")).toBe(
      "cannot reach amqp://u:***@h:1/v (see redis://:***@r/0)",
    );
  });

  test("do not show when the configuration is printed", () => {
    const config = loadConfig({
      DATABASE_URL: "postgresql://u:secretword@h/d",
      CELERY_BROKER_URL: "amqp://u:secretword@h//",
      CELERY_RESULT_BACKEND: "redis://:secretword@h/0",
    });
    expect(`${JSON.stringify(config)}${inspect(config)}${JSON.stringify({ config })}`).not.toContain("secretword");
    expect(config.database.url).toContain("secretword");
  });
});

test(".env.example says what the schema says", () => {
  expect(readFileSync(new URL("../../.env.example", import.meta.url), "utf8")).toBe(renderEnvExample());
});

test("every default of .env.example, uncommented, gives the default configuration", () => {
  const entries: [string, Variable][] = Object.entries(VARIABLES);
  const shown = entries.flatMap(([name, { initial }]) =>
    initial === null || name.startsWith("RABBITMQ_") ? [] : [[name, initial] as const],
  );
  expect(loadConfig(Object.fromEntries(shown))).toEqual(loadConfig({}));
});
