import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { WebAuthentication } from "../plosolver/config/config.js";

/** Name of the cookie that holds a session. */
export const SESSION_COOKIE = "celery_web";
export const SESSION_SECONDS = 12 * 3600;
const MOST_SESSIONS = 10_000;

/** Says who asks: by a session, a bearer token, or a trusted proxy's header. */
export class Access {
  readonly #sessions = new Map<string, { readonly who: string; readonly endsAtMs: number }>();
  readonly #trusted: BlockList;

  constructor(readonly authentication: WebAuthentication) {
    this.#trusted = authentication.kind === "proxy" ? networks(authentication.trusted) : new BlockList();
  }

  /** Who asks; null for nobody known. */
  identify(request: FastifyRequest): string | null {
    const { authentication } = this;
    if (authentication.kind === "none") return "local";
    if (authentication.kind === "proxy") return this.#proxied(request, authentication.header);
    if (this.#bearer(request)) return "token";
    const session = this.#sessions.get(keyOf(request.cookies[SESSION_COOKIE] ?? ""));
    return session !== undefined && session.endsAtMs > Date.now() ? session.who : null;
  }

  /** Whether the request brings its right with it: no browser adds such a header by itself. */
  isByHeader(request: FastifyRequest): boolean {
    return this.#bearer(request);
  }

  /** @returns a new session's secret; null when user or secret are wrong */
  logIn(user: string, secret: string): string | null {
    const { authentication } = this;
    const right =
      authentication.kind === "token"
        ? isSame(secret, authentication.token)
        : authentication.kind === "password" &&
          // Both are always compared, so that time does not tell which was wrong.
          [isSame(user, authentication.user), isSame(secret, authentication.password)].every(Boolean);
    if (!right) return null;
    const id = randomBytes(32).toString("base64url");
    this.#forgetOld();
    const who = authentication.kind === "password" ? user : "token";
    this.#sessions.set(keyOf(id), { who, endsAtMs: Date.now() + SESSION_SECONDS * 1000 });
    return id;
  }

  logOut(request: FastifyRequest): void {
    this.#sessions.delete(keyOf(request.cookies[SESSION_COOKIE] ?? ""));
  }

  #bearer({ headers }: FastifyRequest): boolean {
    if (this.authentication.kind !== "token") return false;
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
    return given !== undefined && isSame(given, this.authentication.token);
  }

  #proxied(request: FastifyRequest, header: string): string | null {
    const address = request.socket.remoteAddress ?? "";
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    if (isIP(plain) === 0 || !this.#trusted.check(plain, isIPv6(plain) ? "ipv6" : "ipv4")) return null;
    const value = request.headers[header.toLowerCase()];
    return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 255) : null;
  }

  #forgetOld(): void {
    const now = Date.now();
    for (const [key, { endsAtMs }] of this.#sessions)
      if (endsAtMs <= now || this.#sessions.size >= MOST_SESSIONS) this.#sessions.delete(key);
  }
}

/** Sessions are kept by hash: what is in memory opens nothing. */
function keyOf(session: string): string {
  return createHash("sha256").update(session).digest("base64url");
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** Addresses and networks such as `10.0.0.0/8`. */
function networks(list: readonly string[]): BlockList {
  const block = new BlockList();
  for (const entry of list) {
    const [address = "", bits] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) block.addAddress(address, family);
    else block.addSubnet(address, Number(bits), family);
  }
  return block;
}
