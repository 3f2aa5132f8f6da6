import type { Publisher } from "../amqp/publisher.js";
import { NotSupported } from "../errors.js";
import type { Settings } from "../settings.js";
import type { ResultBackend } from "./backend.js";
import { DisabledBackend } from "./disabled.js";
import { RpcBackend } from "./rpc.js";

/**
 * Makes the backend that `resultBackend` names.
 * @throws NotSupported for one that this worker does not have; the message shows the scheme only
 */
export function createBackend(settings: Settings, publisher: Publisher): ResultBackend {
  const url = settings.resultBackend;
  if (url === null || url === "" || url.startsWith("disabled")) return new DisabledBackend();
  const scheme = url.split(":", 1)[0] ?? url;
  if (scheme === "rpc")
    return new RpcBackend({ publisher, serializer: settings.resultSerializer, persistent: settings.resultPersistent });
  throw new NotSupported(`result backend ${scheme}:// is not supported: use rpc:// or disabled://`);
}
