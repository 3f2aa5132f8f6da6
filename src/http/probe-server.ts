import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a probe gets: JSON, or text of a type. */
export interface Answer {
  /** Default 200. */
  readonly code?: number;
  readonly body: object | string;
  /** Of a text. */
  readonly contentType?: string;
}

/** Answers by path, without queries. */
export type Pages = ReadonlyMap<string, () => Answer | Promise<Answer>>;

/** Where a server that listens on every address is reached from its own machine. */
const REACHED_AT: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/**
 * Answers GET and HEAD on a few paths. Node's own server does: a framework takes longer to load than everything else
 * that a worker needs for its health.
 */
export class ProbeServer {
  readonly #server: Server;

  constructor(pages: Pages) {
    this.#server = createServer((request, response) => void answer(pages, request, response));
  }

  /** @param port 0 takes a free one. @returns the base URL. @throws what `listen` does, such as EADDRINUSE */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const { address, family, port: taken } = this.#server.address() as AddressInfo;
    const reached = REACHED_AT.get(address) ?? address;
    return `http://${family === "IPv6" ? `[${reached}]` : reached}:${taken}`;
  }

  /** Ends what is open; an answer that is being made is lost. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, request.method === "HEAD", await find(pages, request));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send(response, request.method === "HEAD", failure(500, "Internal Server Error", message));
  }
}

async function find(pages: Pages, { method = "", url = "/" }: IncomingMessage): Promise<Answer> {
  const [path = "/"] = url.split(/[?#]/, 1);
  const page = pages.get(path);
  if (page === undefined || (method !== "GET" && method !== "HEAD"))
    return failure(404, "Not Found", `Route ${method}:${url} not found`);
  return await page();
}

function failure(statusCode: number, error: string, message: string): Answer {
  return { code: statusCode, body: { message, error, statusCode } };
}

function send(response: ServerResponse, isHead: boolean, { code = 200, body, contentType }: Answer): void {
  const text = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const type =
    contentType ?? (typeof body === "string" ? "text/plain; charset=utf-8" : "application/json; charset=utf-8");
  response.writeHead(code, { "content-type": type, "content-length": text.length });
  response.end(isHead ? undefined : text);
}
