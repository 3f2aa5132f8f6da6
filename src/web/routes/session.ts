import type { FastifyInstance } from "fastify";
import { SOFTWARE_VERSION } from "../../celery/values.js";
import { type Access, SESSION_COOKIE, SESSION_SECONDS } from "../access.js";
import { logInBody, type SessionView } from "../api.js";

export interface SessionParts {
  readonly access: Access;
  readonly readOnly: boolean;
  readonly hasJobs: boolean;
}

const TRIES_A_MINUTE = 10;

/** Logging in and out. */
export function sessionRoutes(api: FastifyInstance, { access, readOnly, hasJobs }: SessionParts): void {
  const { kind } = access.authentication;

  api.get("/session", { config: { isPublic: true } }, (request, reply): SessionView => {
    reply.header("cache-control", "no-store");
    return {
      who: request.who,
      logIn: kind === "token" || kind === "password" ? kind : null,
      readOnly,
      csrf: reply.generateCsrf(),
      hasJobs,
      version: SOFTWARE_VERSION,
    };
  });

  const logIn = {
    isPublic: true,
    isOwn: true,
    action: "log in",
    rateLimit: { max: TRIES_A_MINUTE, timeWindow: 60_000 },
  };
  api.post("/session", { config: logIn }, (request, reply) => {
    const { user = "", secret } = logInBody.parse(request.body);
    const session = access.logIn(user, secret);
    request.subject = user;
    if (session === null) return reply.code(401).send({ error: "that is not right" });
    request.who = kind === "password" ? user : "token";
    const secure = request.protocol === "https";
    const options = { httpOnly: true, sameSite: "strict", path: "/", maxAge: SESSION_SECONDS, secure } as const;
    return reply.setCookie(SESSION_COOKIE, session, options).send({ who: request.who });
  });

  api.delete("/session", { config: { isOwn: true, action: "log out" } }, (request, reply) => {
    access.logOut(request);
    return reply.clearCookie(SESSION_COOKIE, { path: "/" }).send({});
  });
}
