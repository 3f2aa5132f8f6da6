import { useEffect, useState } from "preact/hooks";
import type { ErrorView, SessionView } from "../../src/web/api.js";

/** The server refused, or did not answer. */
class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

let csrf = "";

/** Who looks. Asked again after each log-in. */
export async function fetchSession(): Promise<SessionView> {
  const session = await request<SessionView>("GET", "session");
  csrf = session.csrf;
  return session;
}

/** @throws HttpError with a sentence for people */
export function get<Answer>(path: string): Promise<Answer> {
  return request("GET", path);
}

/** Changes something. @throws HttpError with a sentence for people */
export async function send<Answer>(method: "POST" | "DELETE", path: string, body: unknown = {}): Promise<Answer> {
  return request(method, path, body);
}

async function request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = body === undefined ? {} : { "content-type": "application/json", "x-csrf-token": csrf };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`api/${path}`, sent).catch(() => {
    throw new HttpError(0, "the server does not answer");
  });
  if (response.ok) return (await response.json()) as Answer;
  const { error } = (await response.json().catch(() => ({}))) as Partial<ErrorView>;
  throw new HttpError(response.status, error ?? `the server answered ${response.status}`);
}

/** A value that the server keeps up to date. */
export interface Live<Value> {
  /** The last one known; null before the first. */
  readonly value: Value | null;
  /** Why it is not up to date; null when it is. */
  readonly trouble: string | null;
}

const AGAIN_MS = 2000;

/** Follows a stream of the API; null follows nothing. A lost stream is opened again until it stands. */
export function useLive<Value>(path: string | null): Live<Value> {
  const [live, setLive] = useState<Live<Value> & { readonly path: string | null }>({
    path,
    value: null,
    trouble: null,
  });
  useEffect(() => {
    if (path === null) return;
    let source: EventSource | null = null;
    let timer: number | undefined;
    const say = (trouble: string) =>
      setLive((last) => ({ path, value: last.path === path ? last.value : null, trouble }));
    const open = () => {
      source = new EventSource(`api/${path}`);
      source.onmessage = ({ data }) => setLive({ path, value: JSON.parse(data) as Value, trouble: null });
      source.addEventListener("trouble", ({ data }) => say((JSON.parse(data) as ErrorView).error));
      source.onerror = () => {
        say("the server does not answer");
        // Browsers give up on a stream that was refused.
        if (source?.readyState === EventSource.CLOSED) timer = window.setTimeout(open, AGAIN_MS);
      };
    };
    open();
    return () => {
      window.clearTimeout(timer);
      source?.close();
    };
  }, [path]);
  return live.path === path ? live : { value: null, trouble: null };
}

/** A value that is read once for a path. */
export function useFetched<Value>(path: string | null): { value: Value | null; error: string | null } {
  const [fetched, setFetched] = useState<{ path: string | null; value: Value | null; error: string | null }>({
    path: null,
    value: null,
    error: null,
  });
  useEffect(() => {
    if (path === null) return;
    let wanted = true;
    get<Value>(path).then(
      (value) => wanted && setFetched({ path, value, error: null }),
      (error: Error) => wanted && setFetched({ path, value: null, error: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [path]);
  return fetched.path === path ? fetched : { value: null, error: null };
}
