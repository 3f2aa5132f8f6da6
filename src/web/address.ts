import { isIP } from "node:net";
import type { WebAuthentication } from "../plosolver/config/config.js";

/** The web view may not be served like this. */
export class WebRefusedError extends Error {
  override readonly name = "WebRefusedError";
  readonly code = "WEB_REFUSED";
}

const SHORTEST_TOKEN = 16;
const SHORTEST_PASSWORD = 8;

/**
 * Refuses what would give the cluster to whoever asks.
 * @throws WebRefusedError saying what to do
 */
export function checkAddress(host: string, authentication: WebAuthentication): void {
  const { kind } = authentication;
  if (kind === "none" && !isLoopback(host))
    throw new WebRefusedError(
      `the web view is not opened on ${host} for anybody: set CELERY_WEB_TOKEN or CELERY_WEB_PASSWORD, or leave it on 127.0.0.1`,
    );
  if (kind === "token" && authentication.token.length < SHORTEST_TOKEN)
    throw new WebRefusedError(`CELERY_WEB_TOKEN is too short: it must have at least ${SHORTEST_TOKEN} characters`);
  if (kind === "password" && authentication.password.length < SHORTEST_PASSWORD)
    throw new WebRefusedError(
      `the password of CELERY_WEB_PASSWORD is too short: it must have at least ${SHORTEST_PASSWORD} characters`,
    );
  if (kind === "proxy" && authentication.trusted.length === 0)
    throw new WebRefusedError(
      "CELERY_WEB_PROXY_HEADER needs CELERY_WEB_TRUSTED_PROXIES: the addresses whose header is believed",
    );
}

/** Whether only this machine reaches an address. */
function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

/**
 * Whether a request was meant for this machine: a foreign page can make a browser send requests to a loopback address
 * under a name of its own.
 * @param header the request's `Host`
 */
export function namesLoopback(header: string | undefined): boolean {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(header ?? "")?.[1];
  return host !== undefined && isLoopback(host);
}
