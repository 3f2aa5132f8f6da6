import { createHash } from "node:crypto";
import { bombs, PACKERS } from "./packers.js";
import { Seeded } from "./random.js";
import { JSON_SHAPES, MSGPACK_SHAPES, YAML_SHAPES } from "./shapes.js";

/** A message body that is meant to hurt whoever reads it. */
export interface HostileBody {
  /** What it is, for messages of failed tests. */
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** The header `compression`; null for none. */
  readonly compression: string | null;
}

const KIBI = 1024;
/** Most bodies are small, so that very many can be sent. */
const SMALL_SIZES = [0, 16, 100, KIBI, 4 * KIBI];
const LARGE_SIZES = [16 * KIBI, 70 * KIBI, 300 * KIBI];
const BOMB_BYTES = 120 * KIBI * KIBI;

let madeBombs: readonly HostileBody[] | undefined;

/** Bodies that unpack to 120 MB and such, by every method. */
export function hostileBombs(): readonly HostileBody[] {
  madeBombs ??= bombs(BOMB_BYTES).map(({ name, compression, packed }) => ({
    ...json(`bomb of ${name}`, packed),
    compression,
  }));
  return madeBombs;
}

/** Every shape of every serializer at one size, as the arguments of a task where the format lets them be that. */
export function hostileShapes(bytes: number): HostileBody[] {
  return [
    ...Object.entries(JSON_SHAPES).map(([name, shape]) => json(name, asTask(shape(bytes)))),
    ...Object.entries(YAML_SHAPES).map(([name, shape]) => ({
      ...json(name, Buffer.from(shape(bytes))),
      name: `YAML: ${name}`,
      contentType: "application/x-yaml",
    })),
    ...Object.entries(MSGPACK_SHAPES).map(([name, shape]) => ({
      ...json(name, shape(bytes)),
      name: `msgpack: ${name}`,
      contentType: "application/x-msgpack",
      contentEncoding: "binary",
    })),
  ];
}

/**
 * One of very many hostile bodies: any number gives one, and always the same. Shapes of all serializers, packed by all
 * methods, cut short, with bits turned, noise, bombs, and content types that do not fit.
 */
export function hostileBody(n: number): HostileBody {
  const random = new Seeded(n);
  if (random.below(200) === 0) return random.pick(hostileBombs());
  const size = random.pick(random.below(30) === 0 ? LARGE_SIZES : SMALL_SIZES);
  const whole = random.below(20) === 0 ? noise(n, random.below(2000)) : random.pick(shapesOf(size));
  const packed = random.below(3) === 0 ? packedBy(whole, random) : whole;
  const damaged = random.below(3) === 0 ? damage(packed, random) : packed;
  return random.below(20) === 0 ? { ...damaged, ...random.pick(ODD_PROPERTIES) } : damaged;
}

const ODD_PROPERTIES: readonly Partial<HostileBody>[] = [
  { contentType: "" },
  { contentType: "application/x-python-serialize", contentEncoding: "binary" },
  { contentType: "application/data", contentEncoding: "klingon" },
  { contentType: "application/json; charset=utf-8" },
  { contentType: "x".repeat(200) },
  { contentEncoding: "utf-16" },
  { compression: "no-such-method" },
  { compression: "application/x-gzip" },
  { compression: "application/x-bz2" },
  { compression: "__proto__" },
];

const shapesBySize = new Map<number, HostileBody[]>();

function shapesOf(bytes: number): HostileBody[] {
  const known = shapesBySize.get(bytes) ?? hostileShapes(bytes);
  shapesBySize.set(bytes, known);
  return known;
}

function json(name: string, body: Buffer): HostileBody {
  return { name: `JSON: ${name}`, body, contentType: "application/json", contentEncoding: "utf-8", compression: null };
}

function asTask(args: string): Buffer {
  return Buffer.from(`[${args},{},{"callbacks":null,"errbacks":null,"chain":null,"chord":null}]`);
}

function noise(n: number, length: number): HostileBody {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash("sha256").update(`${n}:${index}`).digest(),
  );
  return { ...json("noise", Buffer.concat(blocks).subarray(0, length)), name: "noise" };
}

function packedBy(whole: HostileBody, random: Seeded): HostileBody {
  const [compression, pack] = random.pick(Object.entries(PACKERS));
  return { ...whole, name: `${whole.name}, packed as ${compression}`, body: pack(whole.body), compression };
}

function damage(whole: HostileBody, random: Seeded): HostileBody {
  const { body, name } = whole;
  if (body.length === 0) return whole;
  const at = random.below(body.length);
  if (random.below(2) === 0) return { ...whole, name: `${name}, cut at ${at}`, body: body.subarray(0, at) };
  const turned = Buffer.from(body);
  turned[at] = (turned[at] ?? 0) ^ (1 << random.below(8));
  return { ...whole, name: `${name}, with a bit of ${at} turned`, body: turned };
}
