import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { parseBrokerUrl } from "../../src/celery/amqp/url.js";
import { ConfigError, loadConfig, requireDatabaseUrl } from "../../src/plosolver/config/config.js";
import { renderEnvExample } from "../../src/plosolver/config/env-example.js";
import { evaluateArithmetic } from "../../src/plosolver/config/forms.js";
import type { Variable } from "../../src/plosolver/config/variable.js";
import { VARIABLES } from "../../src/plosolver/config/variables.js";

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
      solverSlots: null,
      solverMemoryMebibytes: null,
      solverCheckpoints: null,
      acksLate: true,
      rejectOnWorkerLost: true,
      maxTasksPerChild: null,
      acceptContent: ["json"],
      maxBodyBytes: 16 * 1024 * 1024,
    });
    expect(config.http).toMatchObject({ port: 5002, metricsPort: null });
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

  test("is reached by TLS when its variables ask for it", () => {
    const files = { CELERY_BROKER_SSL_CA_CERTS: "/ca.pem", CELERY_BROKER_SSL_CERT_REQS: "none" };
    expect(loadConfig(files).broker).toMatchObject({
      url: "amqps://rabbitmq:5671//",
      useSsl: { caCerts: "/ca.pem", certReqs: "none" },
    });
    expect(brokerOf({ CELERY_BROKER_USE_SSL: "True", RABBITMQ_HOST: "mq" })).toBe("amqps://guest:guest@mq:5671/%2F");
    expect(brokerOf({ ...files, RABBITMQ_PORT: "5673" })).toBe("amqps://guest:guest@rabbitmq:5673/%2F");
    expect(messageOf({ ...files, CELERY_BROKER_USE_SSL: "False" })).toContain("remove the one or the others");
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

describe("METRICS_PORT", () => {
  test("opens a further port, unless the health port is the same", () => {
    expect(loadConfig({ METRICS_PORT: "8001" }).http.metricsPort).toBe(8001);
    expect(loadConfig({ METRICS_PORT: "8001", CELERY_HEALTH_PORT: "8001" }).http.metricsPort).toBeNull();
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

  test("say once what a Python worker needs and this one does not, and why", () => {
    const config = loadConfig({
      CELERY_TIMEZONE: "UTC",
      ENABLE_UTC: "True",
      TASK_SERIALIZER: "json",
      REDIS_HOST: "redis",
      CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP: "True",
    });
    expect(config.warnings).toEqual([
      "not needed here, and ignored: CELERY_TIMEZONE (times are in UTC), ENABLE_UTC (times are in UTC), TASK_SERIALIZER (a message says itself how it is written), REDIS_HOST (CELERY_RESULT_BACKEND says where results go), CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP (the worker always waits for its broker)",
    ]);
  });

  test("name no neighbour that is far away", () => {
    expect(loadConfig({ CELERY_QUUX: "1" }).warnings).toEqual([
      "CELERY_QUUX is not a setting of this worker and is ignored",
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

describe("quotes around a value, which docker --env-file hands on,", () => {
  test("are none of it, in every kind of variable", () => {
    const plain = {
      CELERY_BROKER_URL: "amqp://u:p@h:1/v",
      CELERY_RESULT_BACKEND: "redis://:p@h/0",
      DATABASE_URL: "postgresql://u:p@h/d",
      CELERY_WORKER_CONCURRENCY: "3",
      CELERY_ACCEPT_CONTENT: "json,yaml",
      CELERY_TASK_ACKS_LATE: "False",
      LOG_LEVEL: "debug",
    };
    for (const quote of ["'", '"']) {
      const quoted = Object.entries(plain).map(([name, value]) => [name, ` ${quote}${value}${quote} `]);
      expect(loadConfig(Object.fromEntries(quoted))).toEqual(loadConfig(plain));
    }
    expect(loadConfig({ CELERY_BROKER_URL: '""', LOG_LEVEL: "''" })).toEqual(loadConfig({}));
  });

  test("of the items of a list stay what they are", () => {
    expect(loadConfig({ CELERY_ACCEPT_CONTENT: "'json','yaml'" }).worker.acceptContent).toEqual(["json", "yaml"]);
  });

  test("that have no partner are named as the fault", () => {
    expect(messageOf({ CELERY_BROKER_URL: '"amqp://u:p@h' })).toContain("begins or ends with a quote");
  });
});

describe("a comment behind a value, which docker --env-file hands on,", () => {
  test.each([
    ["CELERY_TASK_TIME_LIMIT", "30*60  # 30 minutes", "30*60"],
    ["CELERY_TASK_TIME_LIMIT", '"30*60" # "30" minutes', "30*60"],
    ["CELERY_TASK_TIME_LIMIT", "30*60\t#", "30*60"],
    ["CELERY_TASK_ACKS_LATE", "False # never", "False"],
    ["CELERY_ACCEPT_CONTENT", "['json', 'yaml']  # both", "['json', 'yaml']"],
    ["LOG_LEVEL", "debug #quiet # now", "debug"],
    ["DATABASE_URL", "postgresql://u:p@h/d  # the copy", "postgresql://u:p@h/d"],
    ["CELERY_BROKER_URL", "# none", ""],
    ["CELERY_BROKER_URL", "amqp://u:p@h:1/v#x", "amqp://u:p@h:1/v#x"],
  ])("is none of it: %s=%s", (name, text, value) => {
    expect(loadConfig({ [name]: text })).toEqual(loadConfig({ [name]: value }));
  });

  test("is part of a secret", () => {
    expect(loadConfig({ CELERY_WEB_TOKEN: "a long secret word # with a sign" })).not.toEqual(
      loadConfig({ CELERY_WEB_TOKEN: "a long secret word" }),
    );
  });
});

describe("addresses", () => {
  test.each([
    ["CELERY_BROKER_URL", "amqp:/u:pw@h", "// is missing behind its scheme"],
    ["CELERY_BROKER_URL", "rabbitmq", "it has no scheme"],
    ["CELERY_BROKER_URL", "amqp://u:p/w@h", "in a user name or password / ? # are written %2F %3F %23"],
    ["CELERY_BROKER_URL", "amqp://u:pw@h h", "its host holds a character that no host has"],
    ["CELERY_BROKER_URL", "amqp://u:pw@h;redis://h", "its scheme is none of these"],
    ["DATABASE_URL", "host=h password=pw", "it is a list of parameters"],
    ["DATABASE_URL", "mysql://u:pw@h/d", "its scheme is none of these"],
    ["CELERY_RESULT_BACKEND", "redis:u:pw@h", "// is missing behind its scheme"],
    ["CELERY_RESULT_BACKEND", "db+mysql://u:pw@h", "it must be rpc://"],
    ["RABBITMQ_HOST", "amqp://u:pw@h", "a host name or address alone"],
    ["RABBITMQ_VHOST", "amqp://u:pw@h", "it looks like the address of a server"],
    ["CELERY_WORKER_QUEUES", "amqp://u:pw@h", "it looks like the address of a server"],
  ])("%s=%s is refused by name, with what is wrong and without its password", (name, value, reason) => {
    const message = messageOf({ [name]: value });
    expect(message).toContain(`${name}=`);
    expect(message).toContain(reason);
    expect(message).not.toMatch(/pw|p\/w/);
  });

  test("take a bare % in a password, as kombu and SQLAlchemy do", () => {
    expect(parseBrokerUrl(brokerOf({ CELERY_BROKER_URL: "amqp://u:50%off%zz@h" }))[0]?.password).toBe("50%off%zz");
    expect(loadConfig({ DATABASE_URL: "postgresql://u:50%off@h/d" }).database.url).toBe("postgresql://u:50%25off@h/d");
    expect(loadConfig({ CELERY_RESULT_BACKEND: "redis://:50%@h/0" }).results.backend).toBe("redis://:50%@h/0");
  });

  test("of IPv6 hosts get their brackets", () => {
    expect(brokerOf({ RABBITMQ_HOST: "::1" })).toBe("amqp://guest:guest@[::1]:5672/%2F");
    expect(loadConfig({ CELERY_HEALTH_HOST: "[::]" }).http.host).toBe("::");
  });
});

describe("credentials", () => {
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
