import { randomBytes } from "node:crypto";
import cookie from "@fastify/cookie";
import csrf from "@fastify/csrf-protection";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import staticFiles from "@fastify/static";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { WebAuthentication } from "../plosolver/config/config.js";
import { Access } from "./access.js";
import { checkAddress, namesLoopback, WebRefusedError } from "./address.js";
import { answerError } from "./failures.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route does, for the log; every route that changes something has one. */
    readonly action?: string;
    /** May be asked for by anybody. */
    readonly isPublic?: boolean;
    /** Concerns only who looks: allowed where nothing may be changed. */
    readonly isOwn?: boolean;
  }
  interface FastifyRequest {
    who: string | null;
    /** What an action was about, for the log. */
    subject: unknown;
  }
}

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly authentication: WebAuthentication;
  readonly readOnly: boolean;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly log: Logger;
  /** Adds the routes below `/api`. */
  readonly routes: (api: FastifyInstance, access: Access) => void;
}

export interface WebServer {
  readonly url: string;
  /** Every route, for tests that try them all. */
  readonly routes: readonly { readonly method: string; readonly url: string; readonly isOwn: boolean }[];
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Everything comes from here, and no script or style stands in a page. */
const POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", "data:", "blob:"],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
};

/**
 * Serves the pages and their API, each request only to whom it is meant for.
 * @throws WebRefusedError when the address is open to more than the authentication allows, or is taken
 */
export async function startWebServer(options: ServerOptions): Promise<WebServer> {
  const { host, port, authentication, readOnly, log } = options;
  checkAddress(host, authentication);
  const access = new Access(authentication);
  const server = fastify({ forceCloseConnections: true, bodyLimit: LARGEST_BODY_BYTES });
  const routes: WebServer["routes"][number][] = [];
  server.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) routes.push({ method: one, url, isOwn: config?.isOwn === true });
  });
  server.decorateRequest("who", null);
  server.decorateRequest("subject", null);
  server.setErrorHandler(answerError(log));
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    // A proxy that speaks TLS says this for its own name.
    strictTransportSecurity: false,
  });
  await server.register(cookie, { secret: randomBytes(32).toString("base64url") });
  await server.register(csrf, {
    cookieOpts: { httpOnly: true, sameSite: "strict", path: "/", signed: true },
    getToken: ({ headers }) => String(headers["x-csrf-token"] ?? ""),
  });
  await server.register(rateLimit, { global: false });
  guard(server, access, options);
  await server.register(staticFiles, { root: options.pages, cacheControl: false, setHeaders: cachePages });
  await server.register(async (api) => options.routes(api, access), { prefix: "/api" });
  if (readOnly) log.info("the web view is read-only");
  try {
    return { url: await server.listen({ host, port }), routes, close: () => server.close() };
  } catch (cause) {
    await server.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WebRefusedError(`the web view cannot be opened on ${host}:${port} (CELERY_WEB_PORT): ${reason}`, {
      cause,
    });
  }
}

/** Who may do what, asked before anything of a request is read. */
function guard(server: FastifyInstance, access: Access, { authentication, readOnly, log }: ServerOptions): void {
  server.addHook("onRequest", async (request, reply) => {
    if (authentication.kind === "none" && !namesLoopback(request.headers.host))
      return refuse(reply, 403, "this address is meant for this machine alone");
    request.who = access.identify(request);
    const { config } = request.routeOptions;
    const isApi = request.url.startsWith("/api/");
    const changes = !READING.has(request.method);
    if (isApi && config.isPublic !== true && request.who === null) return refuse(reply, 401, "log in first");
    if (!changes) return;
    if (readOnly && config.isOwn !== true) return refuse(reply, 403, "the web view is read-only");
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      return refuse(reply, 403, "requests of other sites change nothing here");
    if (!access.isByHeader(request)) await csrfChecked(server, request, reply);
  });
  server.addHook("onResponse", async (request, reply) => {
    const { action } = request.routeOptions.config;
    if (action === undefined) return;
    const { who, ip, subject } = request;
    const audit = { who: who ?? "nobody", ip, action, subject: subject ?? request.params, status: reply.statusCode };
    log.info({ audit }, `web: ${action} by ${audit.who}: ${reply.statusCode < 400 ? "done" : "refused"}`);
  });
}

function csrfChecked(server: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return new Promise((resolve, reject) => {
    server.csrfProtection(request, reply, (error?: Error) => (error === undefined ? resolve() : reject(error)));
  });
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}

/** Files of the bundle have names that change with what is in them. */
function cachePages(response: { setHeader(name: string, value: string): void }, path: string): void {
  const isHashed = /\/assets\//.test(path);
  response.setHeader("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
}
