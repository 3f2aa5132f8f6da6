import type { BrokerUseSsl } from "../../celery/values.js";
import { ConfigError } from "./config-error.js";
import type { Environment } from "./variables.js";

const PIECES = /^RABBITMQ_(HOST|PORT|USERNAME|PASSWORD|VHOST|DEFAULT_(USER|PASS|VHOST))$/;

/** What the variables `CELERY_BROKER_USE_SSL` and `CELERY_BROKER_SSL_…` say. @throws ConfigError when they contradict */
export function brokerUseSsl(settings: Environment): BrokerUseSsl {
  const files = Object.entries({
    caCerts: settings.CELERY_BROKER_SSL_CA_CERTS,
    certfile: settings.CELERY_BROKER_SSL_CERTFILE,
    keyfile: settings.CELERY_BROKER_SSL_KEYFILE,
    certReqs: settings.CELERY_BROKER_SSL_CERT_REQS,
  }).filter(([, value]) => value !== undefined);
  const wanted = settings.CELERY_BROKER_USE_SSL;
  if (files.length === 0) return wanted ?? false;
  if (wanted === false)
    throw new ConfigError(
      "CELERY_BROKER_USE_SSL is False, but CELERY_BROKER_SSL_… are set: remove the one or the others",
    );
  return Object.fromEntries(files);
}

/** The broker's URL, or the one that the pieces `RABBITMQ_…` make. */
export function brokerUrl(settings: Environment, given: Record<string, string | undefined>): string {
  if (settings.CELERY_BROKER_URL !== undefined) return settings.CELERY_BROKER_URL;
  const usesTls = brokerUseSsl(settings) !== false;
  if (!Object.keys(given).some((name) => PIECES.test(name)))
    return usesTls ? "amqps://rabbitmq:5671//" : "amqp://rabbitmq:5672//";
  const user = settings.RABBITMQ_USERNAME ?? settings.RABBITMQ_DEFAULT_USER ?? "guest";
  const password = settings.RABBITMQ_PASSWORD ?? settings.RABBITMQ_DEFAULT_PASS ?? "guest";
  const vhost = (settings.RABBITMQ_VHOST ?? settings.RABBITMQ_DEFAULT_VHOST ?? "/").replace(/%2f/gi, "/");
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const host = settings.RABBITMQ_HOST;
  const port = usesTls && given.RABBITMQ_PORT === undefined ? 5671 : settings.RABBITMQ_PORT;
  return `${usesTls ? "amqps" : "amqp"}://${credentials}@${host.includes(":") ? `[${host}]` : host}:${port}/${encodeURIComponent(vhost)}`;
}
