import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../src/plosolver/config/config.js";
import { VARIABLES } from "../../src/plosolver/config/variables.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(ROOT, "compose.yaml"), "utf8");

const Service = z.strictObject({
  image: z.string().optional(),
  build: z.string().optional(),
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

function portsOf(name: string): readonly number[] {
  const { image, build } = service(name);
  if (build !== undefined) return [...dockerfile(build).matchAll(/^EXPOSE (\d+)$/gm)].map((match) => Number(match[1]));
  return PORTS_OF_IMAGE[image?.split(":")[0] ?? ""] ?? [];
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
        expect(kept).toContain(`!${path}`);
      }
    },
  );

  it("the image's command is the one that package.json builds", () => {
    const manifest = z
      .object({ bin: z.object({ celery: z.string() }) })
      .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
    expect(dockerfile(".")).toContain(`ln -s /app/${manifest.bin.celery} /usr/local/bin/celery`);
  });
});

describe("variables", () => {
  it.each(["celeryworker", "migrate"])("the worker's configuration knows and accepts those of %s", (name) => {
    const given = Object.entries(service(name).environment).map(([key, value]) => [key, withDefaults(value)] as const);
    expect(Object.keys(VARIABLES)).toEqual(expect.arrayContaining(given.map(([key]) => key)));
    expect(loadConfig(Object.fromEntries(given)).warnings).toEqual([]);
  });

  it("the example backend reads each of its own", () => {
    const read = variablesReadByPython("examples/backend");
    for (const name of Object.keys(service("backend").environment)) expect([...read]).toContain(name);
  });

  it("taken from the shell have a default and are settings of the worker", () => {
    const taken = [...text.matchAll(/\$\{(\w+)(:-[^}]+)?\}/g)];
    expect(taken.length).toBeGreaterThan(0);
    for (const [whole, name, fallback] of taken) {
      expect(fallback, whole).toBeDefined();
      expect(Object.keys(VARIABLES)).toContain(name);
    }
  });

  it("that are URLs name a service, its port and the credentials it was given", () => {
    const urls = all
      .flatMap(([, { environment }]) => Object.values(environment))
      .filter((value) => /:\/\/.+/.test(value));
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls.map((value) => new URL(value))) {
      expect(portsOf(url.hostname)).toContain(Number(url.port));
      const { environment } = service(url.hostname);
      expect(Object.values(environment)).toEqual(expect.arrayContaining([url.username, url.password]));
    }
    const [broker, database] = ["CELERY_BROKER_URL", "DATABASE_URL"].map(
      (name) => service("celeryworker").environment[name],
    );
    expect(decodeURIComponent(new URL(broker ?? "").pathname.slice(1))).toBe(
      service("rabbitmq").environment.RABBITMQ_DEFAULT_VHOST,
    );
    expect(new URL(database ?? "").pathname.slice(1)).toBe(service("postgres").environment.POSTGRES_DB);
  });
});

describe("ports and volumes", () => {
  it.each(all)("%s publishes only ports it listens on", (name, { ports }) => {
    for (const mapping of ports) expect(portsOf(name), mapping).toContain(Number(mapping.split(":")[1]));
  });

  it("no two services publish the same port", () => {
    const published = all.flatMap(([, { ports }]) => ports.flatMap((mapping) => range(mapping.split(":")[0] ?? "")));
    expect(new Set(published).size).toBe(published.length);
  });

  it("the worker can be scaled: it has a port for each of several containers and no name of its own", () => {
    expect(
      service("celeryworker").ports.flatMap((mapping) => range(mapping.split(":")[0] ?? "")).length,
    ).toBeGreaterThan(1);
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
    const asked = [...command.matchAll(/127\.0\.0\.1:(\d+)|CELERY_HEALTH_PORT \|\| (\d+)/g)];
    for (const match of asked) expect(portsOf(name)).toContain(Number(match[1] ?? match[2]));
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

function withDefaults(value: string): string {
  return value.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
}

function range(ports: string): number[] {
  const [first = 0, last = first] = ports.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
