import { request } from "node:http";
import { pino } from "pino";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { compileSettings } from "../../../src/celery/settings.js";
import { startWeb, type WebOptions } from "../../../src/web/start.js";
import { USER_ID, useJobs } from "../../support/jobs.js";
import { useVhost } from "../../support/services.js";

const TOKEN = "a-token-of-some-length";
const vhost = useVhost();
const jobs = useJobs();
const lines: { audit?: { who: string; action: string; subject: unknown; status: number }; msg: string }[] = [];
const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });

type Opened = Awaited<ReturnType<typeof startWeb>>;
const opened: Opened[] = [];
afterEach(async () => {
  for (const web of opened.splice(0)) await web.close();
});

async function open(options: Partial<WebOptions> = {}): Promise<Opened> {
  const web = await startWeb({
    settings: compileSettings({ brokerUrl: vhost.url, resultBackend: "rpc://" }),
    queues: ["spot_simulation", "solver_analysis"],
    deadLetterQueues: ["spot_simulation-dlq", "solver_analysis-dlq"],
    database: { url: jobs.url, connectTimeoutSeconds: 5, statementTimeoutSeconds: 10 },
    staleAfterSeconds: 60,
    host: "127.0.0.1",
    port: 0,
    authentication: { kind: "none" },
    readOnly: false,
    log,
    ...options,
  });
  opened.push(web);
  return web;
}

/** A browser's part: cookies, and the token that the first answer gave. */
class Visitor {
  #cookies = new Map<string, string>();
  csrf = "";

  constructor(private readonly web: Opened) {}

  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(`${this.web.url}${path}`, {
      method,
      headers: {
        ...(cookie === "" ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.csrf === "" ? {} : { "x-csrf-token": this.csrf }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }

  async look(): Promise<{ who: string | null; readOnly: boolean }> {
    const session = (await (await this.ask("GET", "/api/session")).json()) as {
      who: string | null;
      readOnly: boolean;
      csrf: string;
    };
    this.csrf = session.csrf;
    return session;
  }
}

/** Every route that changes something, with its parameters filled in. */
function changing(web: Opened): { method: string; path: string; isOwn: boolean }[] {
  return web.routes
    .filter(({ method }) => !["GET", "HEAD", "OPTIONS"].includes(method))
    .map(({ method, url, isOwn }) => ({ method, path: url.replace(/:\w+/g, "some-name"), isOwn }));
}

const reading = (web: Opened) =>
  web.routes.filter(({ method, url }) => method === "GET" && url.startsWith("/api/") && url !== "/api/session");

describe("an address that others reach", () => {
  it.each([
    ["0.0.0.0", { kind: "none" }, /is not opened on 0\.0\.0\.0 for anybody/],
    ["192.0.2.1", { kind: "none" }, /for anybody/],
    ["::", { kind: "none" }, /for anybody/],
    ["0.0.0.0", { kind: "token", token: "short" }, /CELERY_WEB_TOKEN is too short/],
    ["0.0.0.0", { kind: "password", user: "me", password: "short" }, /too short/],
    ["0.0.0.0", { kind: "proxy", header: "X-User", trusted: [] }, /needs CELERY_WEB_TRUSTED_PROXIES/],
  ] as const)("is refused: %s with %j", async (host, authentication, message) => {
    await expect(open({ host, authentication })).rejects.toThrow(message);
  });

  it("is opened for those who can log in", async () => {
    const web = await open({ host: "0.0.0.0", authentication: { kind: "token", token: TOKEN } });
    expect((await fetch(`${web.url}/api/jobs`)).status).toBe(401);
  });
});

describe("without rights", () => {
  it("no route but the session answers", async () => {
    const web = await open({ authentication: { kind: "token", token: TOKEN } });
    const visitor = new Visitor(web);
    await visitor.look();
    const routes = [
      ...reading(web).map(({ url }) => ({ method: "GET", path: url.replace(/:\w+/g, "x") })),
      ...changing(web),
    ];
    expect(routes.length).toBeGreaterThan(18);
    for (const { method, path } of routes) {
      if (path === "/api/session" && method === "POST") continue;
      const { status } = await visitor.ask(method, path, method === "GET" ? undefined : {});
      expect([method, path, status]).toEqual([method, path, 401]);
    }
  });

  it("a bearer token opens the API, another one does not", async () => {
    const web = await open({ authentication: { kind: "token", token: TOKEN } });
    const status = async (token: string) =>
      (await fetch(`${web.url}/api/jobs`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await status(TOKEN)).toBe(200);
    expect(await status(`${TOKEN}x`)).toBe(401);
    expect(await status("")).toBe(401);
  });

  it("logging in gives a session that scripts of a page cannot read, and logging out ends it", async () => {
    const web = await open({ authentication: { kind: "password", user: "ann", password: "long enough" } });
    const visitor = new Visitor(web);
    expect((await visitor.look()).who).toBeNull();
    expect((await visitor.ask("POST", "/api/session", { user: "ann", secret: "wrong" })).status).toBe(401);
    expect((await visitor.ask("POST", "/api/session", { user: "bob", secret: "long enough" })).status).toBe(401);
    const right = await visitor.ask("POST", "/api/session", { user: "ann", secret: "long enough" });
    expect(right.status).toBe(200);
    expect(right.headers.getSetCookie().join()).toMatch(/^celery_web=.*HttpOnly; SameSite=Strict/);
    expect((await visitor.look()).who).toBe("ann");
    expect((await visitor.ask("GET", "/api/jobs")).status).toBe(200);
    expect((await visitor.ask("DELETE", "/api/session", {})).status).toBe(200);
    expect((await visitor.ask("GET", "/api/jobs")).status).toBe(401);
  });

  it("log-ins are tried ten times a minute at most", async () => {
    const web = await open({ authentication: { kind: "token", token: TOKEN } });
    const visitor = new Visitor(web);
    await visitor.look();
    const tried = [];
    for (let count = 0; count < 12; count++)
      tried.push((await visitor.ask("POST", "/api/session", { secret: "wrong" })).status);
    expect(tried).toEqual([...Array(10).fill(401), 429, 429]);
  });

  it("a proxy's header counts only where it comes from a trusted address", async () => {
    const header = { "x-forwarded-user": "carol" };
    const proxy = { kind: "proxy", header: "X-Forwarded-User" } as const;
    const trusted = new Visitor(await open({ authentication: { ...proxy, trusted: ["127.0.0.0/8"] } }));
    expect((await trusted.ask("GET", "/api/jobs", undefined, header)).status).toBe(200);
    expect((await trusted.ask("GET", "/api/jobs")).status).toBe(401);
    const other = new Visitor(await open({ authentication: { ...proxy, trusted: ["10.0.0.0/8"] } }));
    expect((await other.ask("GET", "/api/jobs", undefined, header)).status).toBe(401);
  });
});

describe("read-only", () => {
  it("refuses every route that changes something", async () => {
    const web = await open({ readOnly: true });
    const visitor = new Visitor(web);
    expect(await visitor.look()).toMatchObject({ readOnly: true });
    const routes = changing(web).filter(({ isOwn }) => !isOwn);
    expect(routes.length).toBeGreaterThanOrEqual(9);
    for (const { method, path } of routes) {
      const { status } = await visitor.ask(method, path, {});
      expect([method, path, status]).toEqual([method, path, 403]);
    }
    expect((await visitor.ask("GET", "/api/jobs")).status).toBe(200);
  });
});

describe("requests that others make a browser send", () => {
  it("change nothing without the token of the page", async () => {
    const web = await open();
    const visitor = new Visitor(web);
    await visitor.look();
    visitor.csrf = "";
    for (const { method, path } of changing(web)) {
      const { status } = await visitor.ask(method, path, {});
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  });

  it("change nothing when they come from another site, whatever they bring", async () => {
    const web = await open();
    const visitor = new Visitor(web);
    await visitor.look();
    const cross = await visitor.ask("POST", "/api/jobs/retry", { ids: ["x"] }, { "sec-fetch-site": "cross-site" });
    expect(cross.status).toBe(403);
  });

  it("under a foreign name for this machine are refused", async () => {
    const web = await open();
    const { hostname, port } = new URL(web.url);
    const status = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ hostname, port, path: "/api/jobs", headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on("error", reject);
        sent.end();
      });
    expect(await status("evil.example")).toBe(403);
    expect(await status(`localhost.evil.example:${port}`)).toBe(403);
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status(`127.0.0.1:${port}`)).toBe(200);
  });
});

describe("answers", () => {
  it("allow no script or style but the page's own, and no frame", async () => {
    const web = await open();
    const { headers } = await fetch(`${web.url}/`);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("to wrong requests are sentences, and say nothing of passwords", async () => {
    const web = await open({
      database: {
        url: "postgresql://u:secret-of-mine@127.0.0.1:9/x",
        connectTimeoutSeconds: 1,
        statementTimeoutSeconds: 1,
      },
    });
    const visitor = new Visitor(web);
    const down = await visitor.ask("GET", "/api/jobs");
    expect(down.status).toBe(503);
    expect(await down.text()).not.toContain("secret-of-mine");
    const wrong = await visitor.ask("GET", "/api/jobs?status=NOPE");
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({ error: expect.stringContaining("status") });
  });
});

describe("every action", () => {
  let id = "";
  beforeAll(async () => {
    id = await jobs.queue();
  });

  it("leaves one line that says who did what", async () => {
    const web = await open({ authentication: { kind: "token", token: TOKEN } });
    lines.length = 0;
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const post = (path: string, body: unknown) =>
      fetch(`${web.url}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    expect((await post(`jobs/${id}/cancel`, {})).status).toBe(200);
    expect((await jobs.row(id)).status).toBe("CANCELLED");
    expect((await post(`jobs/${id}/cancel`, {})).status).toBe(409);
    const input = { players: [{ cards: ["As"] }] };
    expect((await post("jobs", { kind: "SPOT_SIMULATION", user: USER_ID, input })).status).toBe(422);
    const audits = lines.flatMap(({ audit }) => audit ?? []);
    expect(audits.map(({ who, action, status }) => [who, action, status])).toEqual([
      ["token", "cancel a job", 200],
      ["token", "cancel a job", 409],
      ["token", "submit a job", 422],
    ]);
    expect(audits[0]?.subject).toEqual({ id });
    expect(JSON.stringify(lines)).not.toContain(TOKEN);
  });
});
