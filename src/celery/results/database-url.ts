import { asError, ImproperlyConfigured } from "../errors.js";
import { normalPostgresUrl } from "../postgres-url.js";

/**
 * The PostgreSQL URL in a Celery backend URL: `db+postgresql://…`, SQLAlchemy's driver name (`+psycopg2`) left out.
 *
 * @throws ImproperlyConfigured for another database; the message names no password
 */
export function postgresUrl(backendUrl: string): string {
  const url = backendUrl.replace(/^db\+/i, "");
  if (!/^postgres(ql)?(\+\w+)?:/i.test(url)) {
    const scheme = /^[a-z0-9+.-]+(?=:\/\/)/i.exec(backendUrl)?.[0] ?? "the URL given";
    throw new ImproperlyConfigured(`result backend ${scheme}: only db+postgresql is supported`);
  }
  try {
    return normalPostgresUrl(url);
  } catch (cause) {
    throw new ImproperlyConfigured(`the database URL of the result backend cannot be used: ${asError(cause).message}`);
  }
}
