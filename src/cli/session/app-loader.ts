import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Celery } from "../../celery/index.js";
import { asError, ImproperlyConfigured } from "../../celery/values.js";

/** What `-A` names: a module of the user's, or the built-in PLOSolver app. */
export type AppReference =
  | { readonly kind: "built-in" }
  | { readonly kind: "module"; readonly path: string; readonly attribute: string | null };

const PYTHON_PATH = /^[A-Za-z_][\w]*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$/;
const MODULE_FILE = /^(?<path>.+\.(?:m|c)?[jt]s)(?::(?<attribute>[A-Za-z_$][\w$]*))?$/;

/**
 * Reads the value of `-A`: a path to a JavaScript module with an optional `:attribute`; a Python dotted path, as the
 * old documentation has it, means the built-in app.
 *
 * @throws ImproperlyConfigured for anything else
 */
export function parseAppReference(text: string | undefined): AppReference {
  if (text === undefined) return { kind: "built-in" };
  const file = MODULE_FILE.exec(text)?.groups;
  if (file?.path !== undefined) return { kind: "module", path: file.path, attribute: file.attribute ?? null };
  if (PYTHON_PATH.test(text)) return { kind: "built-in" };
  throw new ImproperlyConfigured(
    `-A ${text}: give a module such as ./app.mjs or ./app.js:attribute, or a Python dotted path for the built-in app`,
  );
}

/**
 * Imports the module and finds its app: the attribute named, else the export `app`, else the only Celery app exported.
 * @throws ImproperlyConfigured naming the module and what it lacks
 */
export async function loadApp(path: string, attribute: string | null): Promise<Celery> {
  // Here and not above: commands for the built-in app start without all that an app may need.
  const { Celery } = await import("../../celery/index.js");
  const isApp = (value: unknown): value is Celery => value instanceof Celery;
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ImproperlyConfigured(`cannot load the app module ${path}: ${asError(error).message}`, { cause: error });
  }
  const found = attribute === null ? (module.app ?? theOnly(module, isApp)) : module[attribute];
  if (isApp(found)) return found;
  if (attribute !== null) throw new ImproperlyConfigured(`${path} exports no Celery app named ${attribute}`);
  throw new ImproperlyConfigured(
    `${path} exports no Celery app: export one as \`app\`, or name it with ${path}:attribute`,
  );
}

function theOnly(module: Record<string, unknown>, isApp: (value: unknown) => boolean): unknown {
  const apps = Object.values(module).filter(isApp);
  return apps.length === 1 ? apps[0] : module.default;
}
