import { ImproperlyConfigured } from "../errors.js";

/**
 * The PostgreSQL URL in a Celery backend URL: `db+postgresql://…`, SQLAlchemy's driver name (`+psycopg2`) left out.
 *
 * @throws ImproperlyConfigured for another database; the message names no password
 */
export function postgresUrl(backendUrl: string): string {
  const match = /^(?:db\+)?(postgres(?:ql)?)(?:\+[a-z0-9_]+)?(:\/\/.*)$/s.exec(backendUrl);
  if (match === null) {
    throw new ImproperlyConfigured(`result backend ${backendUrl.split(":", 1)[0]}: only db+postgresql is supported`);
  }
  return `postgresql${match[2]}`;
}
