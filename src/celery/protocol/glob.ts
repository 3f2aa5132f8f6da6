/** Python's fnmatch: `*`, `?`, `[seq]`, `[!seq]`. */
export function globToRegExp(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)([^\]]*)\]|[\\^$+.()|{}]|\*|\?/g,
    (part, not: string | undefined, set: string | undefined) => {
      if (part === "*") return ".*";
      if (part === "?") return ".";
      if (part.startsWith("[")) return `[${not === "!" ? "^" : ""}${(set ?? "").replace(/\\/g, "\\\\")}]`;
      return `\\${part}`;
    },
  );
  return new RegExp(`^${source}$`, "s");
}
