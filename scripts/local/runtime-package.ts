import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { ROOT } from "./state.js";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** What a user imports. The rest of the package is what these modules need. */
const DOORS = { ".": "celery/index", "./kernel": "celery/kernel", "./opentelemetry": "celery/opentelemetry" } as const;
const COMMAND = "cli/runtime-main";
/** Loaded by their paths, in threads. */
const THREADS = ["celery/executor/thread", "celery/codec/transcode-kernel"];
/** What is loaded only where it is there: PLOSolver, what computes its jobs, and the web view. */
const LEFT_OUT = /^(plosolver\/app|cli\/commands\/(web|dlq)\/run|tasks\/[^/]+\/(job|work))$/;
/** Needed by one result backend, and by who traces. */
const OPTIONAL = ["kysely", "pg", "@opentelemetry/api"];
const DOCS = ["compatibility.md", "control.md", "errors.md"];

/**
 * Lays out the npm package of the runtime in a folder, from what was built: the modules that its doors and its command
 * reach, their types and sources, and documents whose links lead nowhere outside. @returns paths in the package
 */
export function layOutRuntimePackage(folder: string): readonly string[] {
  rmSync(folder, { recursive: true, force: true });
  const code = new Closure(".js", [...Object.values(DOORS), COMMAND, ...THREADS]);
  const types = new Closure(".d.ts", Object.values(DOORS));
  const modules = new Set([...code.modules, ...types.modules]);
  const files = [
    ...[...code.modules].flatMap((module) => [`dist/${module}.js`, `dist/${module}.js.map`]),
    ...[...types.modules].map((module) => `dist/${module}.d.ts`),
    ...[...modules].map((module) => `src/${module}.ts`),
    "LICENSE",
    "CHANGELOG.md",
  ];
  for (const file of files) put(folder, file, readFileSync(join(ROOT, file)));
  const documents = [
    ["README.md", "docs/package.md"],
    ...DOCS.map((name) => [`docs/${name}`, `docs/${name}`]),
  ] as const;
  const all = new Set([...files, ...documents.map(([target]) => target), "package.json"]);
  for (const [target, source] of documents) put(folder, target, withLinksInside(readText(source), source, target, all));
  put(folder, "CHANGELOG.md", withLinksInside(readText("CHANGELOG.md"), "CHANGELOG.md", "CHANGELOG.md", all));
  put(folder, "package.json", `${JSON.stringify(manifest(code.packages), null, 2)}\n`);
  return [...all];
}

/**
 * What npm and its checkers do not look at, in a folder as laid out: files of the product that the runtime does without, links
 * and sources of maps that lead outside. @returns what is wrong, a line each
 */
export function packageFaults(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const faults = files.filter((file) => /^(dist|src)\/(poker|http|web|jobs|operations)\//.test(file));
  for (const file of files.filter((name) => name.endsWith(".md"))) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, address = ""] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g))
      if (!/^[a-z]+:/.test(address) && !existsSync(join(folder, dirname(file), address)))
        faults.push(`${file}: link to ${address}`);
  }
  for (const file of files.filter((name) => name.endsWith(".map"))) {
    const { sources } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { readonly sources: readonly string[] };
    for (const source of sources)
      if (!existsSync(join(folder, dirname(file), source))) faults.push(`${file}: no source ${source}`);
  }
  return faults;
}

function manifest(packages: ReadonlySet<string>): object {
  const root = JSON.parse(readText("package.json")) as Manifest;
  const version = (name: string) => root.dependencies[name] ?? root.optionalDependencies[name];
  const needed = [...packages].filter((name) => version(name) !== undefined && !OPTIONAL.includes(name)).sort();
  const exports = Object.entries(DOORS).map(([door, module]) => [
    door,
    { types: `./dist/${module}.d.ts`, default: `./dist/${module}.js` },
  ]);
  return {
    name: root.name,
    version: root.version,
    description: "A Celery-compatible worker for Node.js",
    keywords: ["celery", "worker", "rabbitmq", "amqp", "task-queue"],
    // Set by the owners, here by way of the repository's own package.json and LICENSE.
    license: root.license,
    type: "module",
    engines: root.engines,
    bin: Object.fromEntries(Object.keys(root.bin).map((name) => [name, `dist/${COMMAND}.js`])),
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
    dependencies: Object.fromEntries(needed.map((name) => [name, version(name)])),
    peerDependencies: Object.fromEntries(OPTIONAL.map((name) => [name, `^${version(name)}`])),
    peerDependenciesMeta: Object.fromEntries(OPTIONAL.map((name) => [name, { optional: true }])),
  };
}

/** The modules that some modules reach, by what the compiler wrote. */
class Closure {
  readonly modules = new Set<string>();
  readonly packages = new Set<string>();

  constructor(
    private readonly extension: string,
    entries: readonly string[],
  ) {
    for (const entry of entries) this.#visit(entry);
  }

  #visit(module: string): void {
    if (this.modules.has(module) || LEFT_OUT.test(module)) return;
    this.modules.add(module);
    const text = readText(`dist/${module}${this.extension}`);
    for (const [, specifier = ""] of text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*"([^"\s]+)"/g)) {
      if (specifier.startsWith(".")) this.#visit(join(dirname(module), specifier).replace(/\.js$/, ""));
      else if (!specifier.startsWith("node:")) this.packages.add(packageOf(specifier));
    }
  }
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** A link that would lead out of the package becomes its text. */
function withLinksInside(text: string, source: string, target: string, files: ReadonlySet<string>): string {
  return text.replaceAll(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g, (link, label: string, address: string) => {
    if (/^([a-z]+:|#)/.test(address)) return link;
    const [path = "", anchor] = address.split("#");
    const pointed = relative(ROOT, resolve(ROOT, dirname(source), path));
    const there = pointed === "docs/package.md" ? "README.md" : pointed;
    if (!files.has(there)) return label;
    const from = relative(dirname(target), there);
    return `[${label}](${from}${anchor === undefined ? "" : `#${anchor}`})`;
  });
}

function readText(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function put(folder: string, file: string, content: string | Uint8Array): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, { mode: file === `dist/${COMMAND}.js` ? 0o755 : 0o644 });
}
