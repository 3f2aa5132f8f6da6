import { envValue, parseBrokerUrl } from "../../../celery/values.js";
import { CliError, EXIT_UNAVAILABLE, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { resolveApp } from "../../session/broker-session.js";
import { Output } from "../../terminal/output.js";

interface Binding {
  readonly source: string;
  readonly destination: string;
  readonly routing_key: string;
}

const MANAGEMENT_PORT = 15672;
const TIMEOUT_MS = 5_000;

/** `celery list bindings`: asks RabbitMQ's management API. */
export async function runListBindings(flags: GlobalFlags & { readonly json?: boolean }): Promise<void> {
  const output = new Output(flags);
  const { settings } = await resolveApp(flags);
  const bindings = await fetchBindings(settings.brokerUrl);
  if (flags.json === true) {
    output.json(bindings);
    return;
  }
  const row = (queue: string, exchange: string, key: string) =>
    output.line(`${queue.padEnd(28)} ${exchange.padEnd(28)} ${key}`);
  row("Queue", "Exchange", "Routing Key");
  row("-".repeat(16), "-".repeat(16), "-".repeat(16));
  for (const { destination, source, routing_key } of bindings) row(destination, source, routing_key);
}

async function fetchBindings(brokerUrl: string): Promise<Binding[]> {
  const [address] = parseBrokerUrl(brokerUrl);
  if (address === undefined) return [];
  const { hostname, username, password, vhost } = address;
  const base = managementUrl(hostname);
  const credentials = Buffer.from(`${username}:${password}`).toString("base64");
  const help = `RabbitMQ's management API at ${base.origin} did not answer: enable its management plugin, or set RABBITMQ_MANAGEMENT_URL`;
  let response: Response;
  try {
    response = await fetch(new URL(`/api/bindings/${encodeURIComponent(vhost)}`, base), {
      headers: { authorization: `Basic ${credentials}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new CliError(help, EXIT_UNAVAILABLE, { cause });
  }
  if (!response.ok) throw new CliError(`${help} (it answered ${response.status})`, EXIT_UNAVAILABLE);
  const bindings = (await response.json()) as Binding[];
  return bindings.map(({ source, destination, routing_key }) => ({ source, destination, routing_key }));
}

/** Credentials in it are not used: fetch refuses them, and the broker's own are the ones that count. */
function managementUrl(hostname: string): URL {
  const text = envValue(process.env.RABBITMQ_MANAGEMENT_URL) ?? `http://${hostname}:${MANAGEMENT_PORT}`;
  if (!URL.canParse(text) || !/^https?:/i.test(text))
    throw new CliError("RABBITMQ_MANAGEMENT_URL must be a URL such as http://rabbitmq:15672", EXIT_USAGE);
  const { origin } = new URL(text);
  return new URL(origin);
}
