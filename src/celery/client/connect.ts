import type { BrokerConnection } from "../amqp/connection.js";
import { asError, BrokerError } from "../errors.js";

/**
 * Connects as who will not wait for a broker that is away; the connection itself goes on trying.
 * @param addresses how many the connection has
 * @throws BrokerError once each has been tried, with what the last one said as its cause
 */
export async function connect(connection: BrokerConnection, addresses: number): Promise<void> {
  if (connection.isReady) return;
  let failures = 0;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const onFailed = (cause: Error) => {
    failures += 1;
    if (failures >= addresses) fail(new BrokerError(`cannot connect to the broker: ${reasonOf(cause)}`, { cause }));
  };
  connection.on("failed", onFailed);
  connection.start();
  try {
    await Promise.race([connection.whenReady(), failed]);
  } finally {
    connection.off("failed", onFailed);
  }
}

/** Of several attempts for one name, such as over IPv6 and IPv4, the first tells enough. */
function reasonOf(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return asError(first).message || String((first as { readonly code?: unknown }).code ?? "no answer");
}
