import { managementRequest } from "../../../scripts/local/rabbitmq.js";
import { BareClient } from "../../support/celery-worker.js";

/** A broker and its management API. */
interface BrokerPlace {
  readonly brokerUrl: string;
  readonly managementUrl: string;
}

/** Messages in every queue of the broker, as the queues themselves count them; nobody may hold any. */
export async function leftOver(place: BrokerPlace): Promise<number> {
  const client = await BareClient.open(place.brokerUrl);
  try {
    const queues = (await manage(place, "/api/queues")) as { readonly name: string; readonly exclusive?: boolean }[];
    // Those of a connection go with it, and show nobody else what they hold.
    const depths = queues.filter(({ exclusive }) => exclusive !== true).map(({ name }) => client.depth(name));
    return (await Promise.all(depths)).reduce((sum, depth) => sum + depth, 0);
  } finally {
    await client.close();
  }
}

/** `RabbitMQ 4.0.5`. */
export async function versionOf(place: BrokerPlace): Promise<string> {
  const { rabbitmq_version: version } = (await manage(place, "/api/overview")) as { rabbitmq_version: string };
  return `RabbitMQ ${version}`;
}

async function manage({ managementUrl, brokerUrl }: BrokerPlace, path: string): Promise<unknown> {
  return await (await managementRequest(managementUrl, brokerUrl, "GET", path)).json();
}
