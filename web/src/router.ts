import { useEffect, useState } from "preact/hooks";

/** Where one is: `#/jobs/ID?text=AA` is the path `["jobs", "ID"]` with a query. */
export interface Place {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** The place, as it changes. Hashes need nothing of the server, and work behind any prefix of a proxy. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const onChange = () => setPlace(readPlace());
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return place;
}

export function hrefOf(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const text = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function goTo(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): void {
  window.location.hash = hrefOf(path, query).slice(1);
}

function readPlace(): Place {
  const [path = "", query = ""] = window.location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
