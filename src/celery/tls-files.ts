import { accessSync, constants, readFileSync } from "node:fs";
import { ImproperlyConfigured } from "./errors.js";

/** How a server and a client show each other who they are: files in PEM. */
export interface TlsFiles {
  /** Whether a server whose certificate cannot be checked is refused. */
  readonly rejectUnauthorized: boolean;
  /** Authorities that are believed, instead of Node's own. */
  readonly caFile: string | null;
  /** The client's certificate, and the key of it, which may be in the same file. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The name that the server's certificate must be for. Null: the host of the URL. */
  readonly serverName: string | null;
}

/** Options of Node's `tls.connect`. */
interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const CERTIFICATE_CHECKS: ReadonlyMap<string, boolean> = new Map([
  ["required", true],
  ["CERT_REQUIRED", true],
  ["optional", true],
  ["CERT_OPTIONAL", true],
  ["none", false],
  ["CERT_NONE", false],
]);

/**
 * Reads Celery's parameters of a server's URL: `ssl_cert_reqs`, `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile`, and
 * `ssl_server_hostname`.
 * @param url what to call the URL in errors
 * @throws ImproperlyConfigured for a check that there is none of, a key without a certificate, a file that cannot be read
 */
export function parseTlsFiles(parameters: URLSearchParams, url: string): TlsFiles {
  const rejectUnauthorized = CERTIFICATE_CHECKS.get(parameters.get("ssl_cert_reqs") ?? "required");
  if (rejectUnauthorized === undefined)
    throw new ImproperlyConfigured(`ssl_cert_reqs of ${url} must be required, optional or none`);
  const file = (name: string): string | null => {
    const path = parameters.get(name);
    if (path !== null) readable(path, name, url);
    return path;
  };
  const certFile = file("ssl_certfile");
  const keyFile = file("ssl_keyfile");
  if (certFile === null && keyFile !== null)
    throw new ImproperlyConfigured(`ssl_keyfile of ${url} is the key of a certificate: give ssl_certfile, too`);
  return {
    rejectUnauthorized,
    caFile: file("ssl_ca_certs"),
    certFile,
    keyFile: keyFile ?? certFile,
    serverName: parameters.get("ssl_server_hostname"),
  };
}

/** Reads the files as they are now: certificates are renewed in their place. @throws the file system's error */
export function readTlsFiles({ rejectUnauthorized, caFile, certFile, keyFile }: TlsFiles): TlsOptions {
  return {
    rejectUnauthorized,
    ...(caFile === null ? {} : { ca: readFileSync(caFile) }),
    ...(certFile === null ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === null ? {} : { key: readFileSync(keyFile) }),
  };
}

function readable(path: string, name: string, url: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new ImproperlyConfigured(`${name} of ${url} cannot be read: ${String(cause)}`);
  }
}
