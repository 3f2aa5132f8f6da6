import { hostname } from "node:os";

/** A node name as Celery expands it: `%h` host, `%n` name part, `%d` domain; without `@` the host is added. */
export function expandNodename(template: string | undefined, host: string = hostname()): string {
  if (template === undefined) return `celery@${host}`;
  const [name = host, ...domain] = host.split(".");
  const expanded = template.replace(/%[hnd%]/g, (code) => {
    if (code === "%h") return host;
    if (code === "%n") return name;
    return code === "%d" ? domain.join(".") : "%";
  });
  return expanded.includes("@") ? expanded : `${expanded}@${host}`;
}
