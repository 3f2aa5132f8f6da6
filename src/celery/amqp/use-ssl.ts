/** Celery's `broker_use_ssl`: TLS as such, or with certificates from files. */
export type BrokerUseSsl =
  | boolean
  | {
      readonly caCerts?: string;
      readonly certfile?: string;
      readonly keyfile?: string;
      readonly certReqs?: "required" | "optional" | "none";
      readonly serverHostname?: string;
    };

const PARAMETERS = {
  caCerts: "ssl_ca_certs",
  certfile: "ssl_certfile",
  keyfile: "ssl_keyfile",
  certReqs: "ssl_cert_reqs",
  serverHostname: "ssl_server_hostname",
} as const;

/**
 * Writes `broker_use_ssl` into a broker URL, or into each of a failover list: `amqp` becomes `amqps`, the files become
 * parameters. What a URL says itself holds.
 */
export function withBrokerSsl(urls: string, useSsl: BrokerUseSsl): string {
  if (useSsl === false) return urls;
  const given = useSsl === true ? {} : useSsl;
  const parameters = Object.entries(given).map(
    ([key, value]) => [PARAMETERS[key as keyof typeof PARAMETERS], value] as const,
  );
  return urls
    .split(";")
    .map((url) => {
      const secure = url.replace(/^(\s*)(?:(?:py)?amqp|librabbitmq):/i, "$1amqps:");
      const missing = parameters.filter(([name]) => !secure.includes(`${name}=`));
      if (missing.length === 0) return secure;
      const query = missing.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
      return `${secure}${secure.includes("?") ? "&" : "?"}${query}`;
    })
    .join(";");
}
