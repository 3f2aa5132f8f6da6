import type { CommandKind } from "../../../celery/index.js";
import type { ControlRegistry } from "../../../celery/values.js";

/** What `--list` and `--help` show. */
export function commandList(registry: ControlRegistry, kind: CommandKind): string {
  const rows = registry
    .list(kind)
    .map(({ name, signature, help }) => [signature === undefined ? name : `${name} ${signature}`, help] as const);
  const width = Math.min(40, Math.max(...rows.map(([usage]) => usage.length)));
  const title = kind === "inspect" ? "Inspect Commands" : "Control Commands";
  const lines = rows.map(([usage, help]) =>
    usage.length > width ? `  ${usage}\n  ${"".padEnd(width)}  ${help}` : `  ${usage.padEnd(width)}  ${help}`,
  );
  return [`${title}:`, ...lines].join("\n");
}
