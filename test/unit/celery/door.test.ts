import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseSync } from "@swc/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../../src/celery/protocol/json.js";

/** An exported thing and where it is declared. */
interface Place {
  readonly file: string;
  readonly name: string;
  /** Exported as a type alone: nobody can call its constructor. */
  readonly isType?: boolean;
}

/** What one declaration file declares, and where what it names comes from. */
interface Declarations {
  readonly declared: ReadonlyMap<string, unknown>;
  readonly imported: ReadonlyMap<string, Place>;
  readonly exported: ReadonlyMap<string, Place>;
}

type Node = Readonly<Record<string, unknown>>;

let folder = "";
const files = new Map<string, Declarations>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "declarations-"));
  const options = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", folder];
  execFileSync("node_modules/.bin/tsc", options);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the door of the runtime", () => {
  it("exports every type that its signatures name", () => {
    const doorFile = join(folder, "celery/index.d.ts");
    const door = [...declarationsOf(doorFile).exported].map(([, place]) => ({
      ...declarationAt(place),
      isType: place.isType ?? false,
    }));
    const known = new Set(door.map(idOf));
    expect(known.size).toBeGreaterThan(50);
    const missing = door.flatMap((place) =>
      namedBy(place)
        .filter((named) => !known.has(idOf(named)))
        .map((named) => `${named.name} (${relative(folder, named.file)}), named by ${place.name}`),
    );
    expect([...new Set(missing)]).toEqual([]);
  });
});

const idOf = ({ file, name }: Place) => `${file} ${name}`;

/** Follows re-exports to the file that declares. */
function declarationAt({ file, name }: Place): Place {
  const { declared, imported, exported } = declarationsOf(file);
  if (declared.has(name)) return { file, name };
  const next = exported.get(name) ?? imported.get(name);
  return next === undefined || idOf(next) === idOf({ file, name }) ? { file, name } : declarationAt(next);
}

/** What of our own a declaration names, in signatures that callers see. */
function namedBy({ file, name, isType = false }: Place): Place[] {
  const { declared, imported } = declarationsOf(file);
  const names = new Set<string>();
  collect(declared.get(name), names, isType);
  return [...names].flatMap((other) => {
    if (other !== name && declared.has(other)) return [{ file, name: other }];
    const from = imported.get(other);
    return from === undefined ? [] : [declarationAt(from)];
  });
}

/** Names that types are referred to by, without what is private. */
function collect(node: unknown, names: Set<string>, skipsConstructors: boolean): void {
  if (Array.isArray(node)) for (const child of node) collect(child, names, skipsConstructors);
  if (!isRecord(node) || node.accessibility === "private") return;
  if (skipsConstructors && node.type === "Constructor") return;
  const named = node.type === "TsTypeReference" ? node.typeName : null;
  const heir = node.type === "TsExpressionWithTypeArguments" ? node.expression : null;
  for (const reference of [named, heir, node.superClass])
    if (isRecord(reference) && typeof reference.value === "string") names.add(reference.value);
  for (const child of Object.values(node)) collect(child, names, skipsConstructors);
}

function declarationsOf(file: string): Declarations {
  const known = files.get(file);
  if (known !== undefined) return known;
  const declared = new Map<string, unknown>();
  const imported = new Map<string, Place>();
  const exported = new Map<string, Place>();
  for (const item of parseSync(readFileSync(file, "utf8"), { syntax: "typescript" }).body as unknown as Node[]) {
    const source = isRecord(item.source) ? sourceOf(file, String(item.source.value)) : file;
    if (item.type === "ImportDeclaration" && source !== null)
      for (const { local, imported: original } of item.specifiers as { local: Node; imported?: Node | null }[])
        imported.set(String(local.value), { file: source, name: String((original ?? local).value) });
    else if (item.type === "ExportNamedDeclaration" && source !== null)
      for (const one of item.specifiers as { orig: Node; exported?: Node | null; isTypeOnly: boolean }[])
        exported.set(String((one.exported ?? one.orig).value), {
          file: source,
          name: String(one.orig.value),
          isType: item.typeOnly === true || one.isTypeOnly,
        });
    else if (item.type === "ExportAllDeclaration" && source !== null)
      for (const [name, place] of declarationsOf(source).exported) exported.set(name, place);
    else {
      const isExported = item.type === "ExportDeclaration";
      for (const [name, declaration] of namesIn((isExported ? item.declaration : item) as Node)) {
        declared.set(name, [declared.get(name), declaration]);
        if (isExported) exported.set(name, { file, name });
      }
    }
  }
  const declarations = { declared, imported, exported };
  files.set(file, declarations);
  return declarations;
}

function namesIn(declaration: Node): [string, unknown][] {
  if (Array.isArray(declaration.declarations))
    return declaration.declarations.map((one: { id: Node }) => [String(one.id.value), one]);
  const id = (declaration.identifier ?? declaration.id) as Node | undefined;
  return id === undefined ? [] : [[String(id.value), declaration]];
}

/** The declaration file of one of our own modules; null for a package. */
function sourceOf(file: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const source = join(dirname(file), specifier.replace(/\.js$/, ".d.ts"));
  if (!existsSync(source)) throw new Error(`${file}: there is no ${specifier}`);
  return source;
}
