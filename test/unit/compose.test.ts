import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { COMPOSE_SECRETS, ensureComposeSecrets } from "../../scripts/local/compose-env.js";
import { loadConfig } from "../../src/plosolver/config/config.js";
import { VARIABLES } from "../../src/plosolver/config/variables.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(ROOT, "compose.yaml"), "utf8");

const Service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
  read_only: z.literal(true).optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.tuple([z.literal("ALL")]).optional(),
  security_opt: z.array(z.string()).optional(),
  mem_limit: z.string(),
  hostname: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z
    .union([z.strictObject({ disable: z.literal(true) }), z.looseObject({ test: z.array(z.string()) })])
    .optional(),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.enum(["service_healthy", "service_completed_successfully"]) }))
    .default({}),
  stop_grace_period: z.string().optional(),
  restart: z.string(),
});
const Compose = z.looseObject({ services: z.record(z.string(), Service), volumes: z.record(z.string(), z.null()) });

const { services, volumes } = Compose.parse(parse(text, { merge: true }));
const all = Object.entries(services);
const built = all.flatMap(([name, service]) =>
  service.build === undefined ? [] : [{ name, ...service, build: service.build }],
);
const service = (name: string) => Service.parse(services[name]);
const dockerfile = (folder: string) => readFileSync(join(ROOT, folder, "Dockerfile"), "utf8");

/** Ports that the public images listen on. */
const PORTS_OF_IMAGE: Record<string, readonly number[]> = {
  rabbitmq: [5672, 15672],
  postgres: [5432],
  "mher/flower": [5555],
};

/** The image of a service, without its tag: with a variable's default in its place. */
function repositoryOf(image: string): string {
  return withDefaults(image).split(/[:@]/)[0] ?? "";
}

function portsOf(name: string): readonly number[] {
  const { image, build } = service(name);
  if (build !== undefined) return [...dockerfile(build).matchAll(/^EXPOSE (\d+)$/gm)].map((match) => Number(match[1]));
  return PORTS_OF_IMAGE[repositoryOf(image ?? "")] ?? [];
}

/** What the Python files of a folder read from the environment. */
function variablesReadByPython(folder: string): Set<string> {
  const sources = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(".py"));
  const code = sources.map((file) => readFileSync(join(ROOT, folder, file), "utf8")).join("\n");
  return new Set([...code.matchAll(/os\.environ(?:\.get\(|\[)"(\w+)"/g)].map((match) => match[1] ?? ""));
}

describe("every file that compose.yaml or a Dockerfile names exists", () => {
  it.each(built)("$name is built from a folder with a Dockerfile", ({ build }) => {
    expect(existsSync(join(ROOT, build, "Dockerfile"))).toBe(true);
  });

  it.each([...new Set(built.map(({ build }) => build))])(
    "what %s/Dockerfile copies is there and not ignored",
    (build) => {
      const copied = [...dockerfile(build).matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
        (match) => match[1]?.split(" ") ?? [],
      );
      expect(copied.length).toBeGreaterThan(0);
      const ignore = join(ROOT, build, ".dockerignore");
      const kept = existsSync(ignore) ? readFileSync(ignore, "utf8").split("\n") : copied.map((path) => `!${path}`);
      for (const path of copied) {
        expect(existsSync(join(ROOT, build, path)), path).toBe(true);
        expect(kept).toContain(`!${path.split("/")[0]}`);
      }
    },
  );

  it("the image's command is the one that package.json builds", () => {
    const manifest = z
      .object({ version: z.string(), bin: z.object({ celery: z.string(), plosolver: z.string() }) })
      .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
    for (const [name, path] of Object.entries(manifest.bin))
      expect(dockerfile(".")).toContain(`ln -s /app/${path} /usr/local/bin/${name}`);
    expect(dockerfile(".")).toContain(`org.opencontainers.image.version="${manifest.version}"`);
  });

  it("migrate, worker and web view are one image", () => {
    const images = ["migrate", "celeryworker", "web"].map((name) => [service(name).image, service(name).build]);
    expect(images).toEqual([
      ["plosolver-worker", "."],
      ["plosolver-worker", "."],
      ["plosolver-worker", "."],
    ]);
  });

  it("base images and official images are named by digest", () => {
    const digest = /@sha256:[0-9a-f]{64}$/;
    for (const folder of new Set(built.map(({ build }) => build)))
      for (const [, image] of dockerfile(folder).matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)) expect(image).toMatch(digest);
    for (const name of ["rabbitmq", "postgres"]) expect(withDefaults(service(name).image ?? "")).toMatch(digest);
  });
});

describe("variables", () => {
  it.each(["celeryworker", "migrate"])("the worker's configuration knows and accepts those of %s", (name) => {
    const given = Object.entries(service(name).environment).map(([key, value]) => [key, filled(value)] as const);
    expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(given.map(([key]) => key)));
    expect(loadConfig(Object.fromEntries(given)).warnings).toEqual([]);
  });

  it("the example backend reads each of its own", () => {
    const read = variablesReadByPython("examples/backend");
    for (const name of Object.keys(service("backend").environment)) expect([...read]).toContain(name);
  });

  it("taken from the shell have a default and are settings of the worker, or are secrets that `make env` writes", () => {
    const taken = [...text.matchAll(/\$\{(\w+)(:-|:\?)[^}]+\}/g)];
    expect(taken.length).toBe([...text.matchAll(/\$\{/g)].length);
    const own = ["RABBITMQ_IMAGE", "POSTGRES_IMAGE", "FLOWER_IMAGE", "CELERY_WORKER_MEMORY"];
    for (const [whole, name, operator] of taken) {
      if (operator === ":?") expect(COMPOSE_SECRETS, whole).toContain(name);
      else expect([...Object.keys(VARIABLES), ...own], whole).toContain(name);
    }
    const required = taken.filter(([, , operator]) => operator === ":?").map(([, name]) => name);
    expect([...new Set(required)].toSorted()).toEqual(COMPOSE_SECRETS.toSorted());
  });

  it("no password, token or key has a value of its own", () => {
    for (const [name, { environment }] of all)
      for (const [key, value] of Object.entries(environment))
        if (/PASS|TOKEN|AUTH|SECRET/.test(key)) expect(value, `${name} ${key}`).toMatch(/^(\w+:)?\$\{\w+:\?[^}]+\}$/);
  });

  it("Flower only shows, and to those who know the password", () => {
    expect(service("flower").environment).toMatchObject({
      FLOWER_READ_ONLY: "true",
      FLOWER_BASIC_AUTH: expect.stringContaining("FLOWER_PASSWORD"),
    });
  });

  it("that are URLs name a service, its port and the credentials it was given", () => {
    const urls = all
      .flatMap(([, { environment }]) => Object.values(environment))
      .filter((value) => /:\/\/.+/.test(value));
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls.map((value) => new URL(filled(value)))) {
      expect(portsOf(url.hostname)).toContain(Number(url.port));
      const values = Object.values(service(url.hostname).environment).map(filled);
      expect(values).toEqual(expect.arrayContaining([url.username, url.password]));
    }
    const [broker, database] = ["CELERY_BROKER_URL", "DATABASE_URL"].map((name) =>
      filled(service("celeryworker").environment[name] ?? ""),
    );
    expect(decodeURIComponent(new URL(broker ?? "").pathname.slice(1))).toBe(
      service("rabbitmq").environment.RABBITMQ_DEFAULT_VHOST,
    );
    expect(new URL(database ?? "").pathname.slice(1)).toBe(service("postgres").environment.POSTGRES_DB);
  });
});

describe("ports and volumes", () => {
  it.each(all)("%s publishes only ports it listens on, to this machine alone", (name, { ports }) => {
    for (const mapping of ports) {
      expect(mapping).toMatch(/^127\.0\.0\.1:/);
      expect(portsOf(name), mapping).toContain(Number(mapping.split(":")[2]));
    }
  });

  it.each(built.filter(({ build }) => build === "."))("$name has a root that cannot be written", (one) => {
    expect(one).toMatchObject({ read_only: true, tmpfs: ["/tmp"], cap_drop: ["ALL"] });
  });

  it("workers keep unfinished solves in a volume that all of them have", () => {
    const { environment, volumes: mounted } = service("celeryworker");
    expect(mounted).toContain(`checkpoints:${environment.CELERY_WORKER_SOLVER_CHECKPOINTS}`);
  });

  it("no two services publish the same port", () => {
    const published = all.flatMap(([, { ports }]) => ports.flatMap(publishedPorts));
    expect(new Set(published).size).toBe(published.length);
  });

  it("the worker can be scaled: it has a port for each of several containers and no name of its own", () => {
    expect(service("celeryworker").ports.flatMap(publishedPorts).length).toBeGreaterThan(1);
    expect(text).not.toContain("container_name");
  });

  it("volumes are named, declared and all used", () => {
    const used = all.flatMap(([, one]) => one.volumes.map((volume) => volume.split(":")[0] ?? ""));
    expect(used.toSorted()).toEqual(Object.keys(volumes).toSorted());
  });
});

describe("order of start", () => {
  it.each(all)("what %s waits for exists and can fulfil the condition", (_, { depends_on }) => {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const target = service(name);
      if (condition === "service_healthy") expect(hasHealthcheck(name), name).toBe(true);
      else expect(target.restart).toBe("no");
    }
  });

  it.each(all.filter(([, { restart }]) => restart !== "no").map(([name]) => name))("%s has a health check", (name) => {
    expect(hasHealthcheck(name)).toBe(true);
  });

  it.each(all)("the health check of %s asks a port it listens on", (name, { healthcheck, build }) => {
    const command = healthcheck && "test" in healthcheck ? healthcheck.test.join(" ") : dockerfile(build ?? ".");
    for (const match of command.matchAll(/127\.0\.0\.1:(\d+)/g)) expect(portsOf(name)).toContain(Number(match[1]));
  });

  it("the image's own asks whether the worker is alive, not whether its broker is", () => {
    expect(dockerfile(".")).toMatch(/^HEALTHCHECK .* CMD \["\/app\/health_check\.sh"\]$/m);
    expect(readFileSync(join(ROOT, "docker/health_check.sh"), "utf8")).toMatch(/^exec celery health --live$/m);
  });

  it("worker and web view listen on the ports that their image exposes", () => {
    const { http, web } = loadConfig({});
    expect(portsOf("celeryworker")).toEqual([http.port, web.port]);
  });

  it("docker waits longer for the worker's end than the worker itself takes", () => {
    const grace = Number.parseInt(service("celeryworker").stop_grace_period ?? "10", 10);
    expect(grace).toBeGreaterThan(loadConfig({}).worker.shutdownTimeoutSeconds);
  });
});

function hasHealthcheck(name: string): boolean {
  const { healthcheck, build } = service(name);
  if (healthcheck !== undefined) return "test" in healthcheck;
  return build !== undefined && /^HEALTHCHECK /m.test(dockerfile(build));
}

describe("make env", () => {
  it("adds what is missing, and leaves alone what is there", () => {
    const folder = mkdtempSync(join(tmpdir(), "env-"));
    try {
      const file = join(folder, ".env");
      expect(ensureComposeSecrets(file).added).toEqual([...COMPOSE_SECRETS]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(ensureComposeSecrets(file).added).toEqual([]);
      writeFileSync(file, "LOG_LEVEL=debug\nFLOWER_PASSWORD=mine\nPOSTGRES_PASSWORD=");
      const { secrets, added } = ensureComposeSecrets(file);
      expect(added).toEqual(["RABBITMQ_PASSWORD", "POSTGRES_PASSWORD", "CELERY_WEB_TOKEN"]);
      expect(secrets.FLOWER_PASSWORD).toBe("mine");
      for (const name of added) expect(secrets[name as keyof typeof secrets]).toMatch(/^[0-9a-f]{32}$/);
      expect(readFileSync(file, "utf8")).toMatch(
        /^LOG_LEVEL=debug\nFLOWER_PASSWORD=mine\nPOSTGRES_PASSWORD=\nRABBITMQ/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function publishedPorts(mapping: string): number[] {
  return range(mapping.split(":")[1] ?? "");
}

/** With a variable's default in its place, or its name, where it has none. */
function filled(value: string): string {
  return withDefaults(value).replace(/\$\{(\w+):\?[^}]+\}/g, "$1");
}

function withDefaults(value: string): string {
  return value.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
}

function range(ports: string): number[] {
  const [first = 0, last = first] = ports.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
