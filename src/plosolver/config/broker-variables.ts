import { brokerUrls, flag, host, limit, name, oneOf, password, port, shortName } from "./forms.js";
import { withDefault, withoutDefault } from "./variable.js";

const file = name("the path of a file");

/** How the worker reaches RabbitMQ. */
export const BROKER_VARIABLES = {
  CELERY_BROKER_URL: withoutDefault(
    brokerUrls(["amqp", "amqps", "pyamqp", "pyamqps", "librabbitmq"], "amqp://user:password@host:5672/%2Fplosolver"),
    {
      section: "Broker",
      url: true,
      about:
        "RabbitMQ. Without it the URL is built from the RABBITMQ_* pieces below; without those it is amqp://rabbitmq:5672//. Several URLs separated by ';' are tried in turn.",
    },
  ),
  RABBITMQ_HOST: withDefault(host(), { about: "Host, used when CELERY_BROKER_URL is not set.", initial: "rabbitmq" }),
  RABBITMQ_PORT: withDefault(port(1), { about: "Port, used when CELERY_BROKER_URL is not set.", initial: "5672" }),
  RABBITMQ_USERNAME: withoutDefault(shortName, { about: "User. Default: RABBITMQ_DEFAULT_USER, else guest." }),
  RABBITMQ_PASSWORD: withoutDefault(password(), {
    about: "Password. Default: RABBITMQ_DEFAULT_PASS, else guest.",
    secret: true,
  }),
  RABBITMQ_VHOST: withoutDefault(shortName, {
    about:
      "Virtual host by its own name (/plosolver; it is encoded for the URL, and %2Fplosolver means the same). Default: RABBITMQ_DEFAULT_VHOST, else /.",
  }),
  RABBITMQ_DEFAULT_USER: withoutDefault(shortName, { about: "User as the RabbitMQ image names it." }),
  RABBITMQ_DEFAULT_PASS: withoutDefault(password(), {
    about: "Password as the RabbitMQ image names it.",
    secret: true,
  }),
  RABBITMQ_DEFAULT_VHOST: withoutDefault(shortName, { about: "Virtual host as the RabbitMQ image names it." }),
  CELERY_BROKER_USE_SSL: withoutDefault(flag(), {
    about: "TLS to RabbitMQ, as amqps:// in the URL. Default: when one of the four below is set.",
  }),
  CELERY_BROKER_SSL_CA_CERTS: withoutDefault(file, {
    about: "File of the authorities (PEM) that its certificate is checked by. Default: those of Node.js.",
  }),
  CELERY_BROKER_SSL_CERTFILE: withoutDefault(file, {
    about: "File of the worker's own certificate (PEM), for a broker that wants one.",
  }),
  CELERY_BROKER_SSL_KEYFILE: withoutDefault(file, {
    about: "File of the key of that certificate. Default: it is in the same file.",
  }),
  CELERY_BROKER_SSL_CERT_REQS: withoutDefault(oneOf(["required", "optional", "none"]), {
    about:
      "required: a broker whose certificate cannot be checked is refused; none: it is not checked. Default: required.",
  }),
  CELERY_BROKER_HEARTBEAT: withDefault(limit(3600), { about: "Seconds between AMQP heartbeats.", initial: "60" }),
};
