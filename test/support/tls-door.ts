import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll } from "vitest";

/** A door to a plain service that speaks TLS on `localhost` with a certificate of its own. */
export interface TlsDoor {
  readonly port: number;
  /** File with the certificate, which signs itself. */
  readonly certificate: string;
  readonly server: Server;
}

/** Opens a {@link TlsDoor} to the service of a URL for the tests of a file. */
export function useTlsDoor(serviceUrl: () => string): { readonly current: TlsDoor } {
  const folder = mkdtempSync(join(tmpdir(), "tls-door-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  let door: TlsDoor;

  beforeAll(async () => {
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const files = ["-keyout", key, "-out", certificate, "-days", "1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...files, ...names], { stdio: "pipe" });
    const { hostname, port } = new URL(serviceUrl());
    const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (client) => {
      const upstream = connect(Number(port), hostname);
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
      client.pipe(upstream).pipe(client);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    door = { port: (server.address() as AddressInfo).port, certificate, server };
  });

  afterAll(async () => {
    await new Promise((resolve) => door.server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  return {
    get current() {
      return door;
    },
  };
}
