import type { Logger } from "pino";
import type { Publisher } from "../amqp/publisher.js";
import { NotSupported } from "../errors.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
import type { Settings } from "../settings.js";
import type { ResultBackend } from "./backend.js";
import { LazyDatabaseBackend } from "./lazy-database.js";
import { RedisBackend } from "./redis.js";
import { RpcBackend } from "./rpc.js";

/**
 * Makes the backend that `resultBackend` names.
 * @throws NotSupported for one that this worker does not have; the message shows the scheme only
 * @throws ImproperlyConfigured for a URL that cannot be used; the message shows no password
 */
export function createBackend(settings: Settings, publisher: Publisher, log: Logger): ResultBackend {
  const url = settings.resultBackend;
  if (url === null || url === "" || url.startsWith("disabled")) return new DisabledBackend();
  const scheme = url.split(":", 1)[0] ?? url;
  if (scheme === "rpc") {
    return new RpcBackend({ publisher, serializer: settings.resultSerializer, persistent: settings.resultPersistent });
  }
  const common = {
    url,
    log,
    serializer: settings.resultSerializer,
    expiresSeconds: settings.resultExpires,
    extended: settings.resultExtended,
    accept: acceptedContentTypes(
      settings.resultAcceptContent ?? [...settings.acceptContent, settings.resultSerializer],
    ),
  };
  if (/^redis(s|\+socket)?$/.test(scheme)) {
    return new RedisBackend({
      ...common,
      keyPrefix: settings.redisGlobalKeyprefix,
      chordJoinTimeoutSeconds: settings.resultChordJoinTimeout,
      chordOrdered: settings.redisChordOrdered,
    });
  }
  if (scheme.startsWith("db+")) {
    const { databaseTableNames: names, databaseTableSchemas: schemas } = settings;
    const tables = { ...names, taskSchema: schemas?.task ?? null, groupSchema: schemas?.group ?? null };
    return new LazyDatabaseBackend({ ...common, tables });
  }
  throw new NotSupported(
    `result backend ${scheme}:// is not supported: use rpc://, redis://, db+postgresql:// or disabled://`,
  );
}

/** Stores nothing: `disabled://`, or no backend at all. */
export class DisabledBackend implements ResultBackend {
  readonly name = "disabled";
  async start(): Promise<void> {}
  async store(): Promise<void> {}
  async close(): Promise<void> {}
}
