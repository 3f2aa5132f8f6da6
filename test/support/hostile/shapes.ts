/** Makes a text of about so many bytes. */
export type Shape = (bytes: number) => string;

/** A piece again and again, between two ends. */
const again = (piece: string, open = "", close = "", last = ""): Shape => {
  const size = Buffer.byteLength(piece);
  return (bytes) => open + piece.repeat(Math.max(0, Math.floor((bytes - open.length) / size))) + last + close;
};

const numbered = (piece: (n: number) => string, open: string, close: string): Shape => {
  return (bytes) => {
    const parts = [open];
    for (let n = 0, length = open.length; length < bytes; n += 1) {
      const part = piece(n);
      parts.push(part);
      length += part.length;
    }
    return parts.join("") + close;
  };
};

const typed = (type: string, value: string): string => `{"__type__":"${type}","__value__":${value}}`;

/** JSON values that are costly to read, to keep or to show; some are no JSON. Each is a list when it is whole. */
export const JSON_SHAPES: Readonly<Record<string, Shape>> = {
  "empty lists": again("[],", "[", "]", "0"),
  "empty objects": again("{},", "[", "]", "0"),
  numbers: again("1,", "[", "]", "0"),
  "a long string": again("x", '["', '"]'),
  "a string of escapes": again("\\u0041", '["', '"]'),
  "a string of backslashes": again("\\\\", '["', '"]'),
  "a string beyond Latin-1": again("é😀", '["', '"]'),
  "lone surrogates": again("\\ud800", '["', '"]'),
  space: again(" ", "[1", "]"),
  "one integer": again("7", "[", "]"),
  "one negative integer": again("7", "[-", "]"),
  "long integers": again(`${"7".repeat(4300)},`, "[", "]", "0"),
  "one float": again("0", "[1.", "]"),
  "one exponent": again("9", "[1e", "]"),
  "words of Python": again("NaN,-Infinity,", "[", "]", "Infinity"),
  "members of one object": numbered((n) => `"${n.toString(36)}k":0,`, "[{", '"z":0}]'),
  "equal keys": again('"a":0,', "[{", '"a":1}]'),
  "numeric keys": numbered((n) => `"${n * 7919}":0,`, "[{", '"z":0}]'),
  "keys named __proto__": again('{"__proto__":{"polluted":1}},', "[", "]", "{}"),
  "keys named toString": again('{"toString":1,"valueOf":2,"toJSON":3,"then":4},', "[", "]", "{}"),
  "a decimal that backtracks": again("1", `[${typed("decimal", '"').slice(0, -1)}`, 'x"}]'),
  "a datetime without end": again(" ", `[${typed("datetime", '"2024-01-01').slice(0, -1)}`, '"}]'),
  datetimes: again(`${typed("datetime", '"2024-01-02T03:04:05.000006+00:00"')},`, "[", "]", "0"),
  "base64 that is none": again("A", `[${typed("base64", '"').slice(0, -1)}`, '?"}]'),
  "a type without end": again("t", '[{"__type__":"', '","__value__":1}]'),
  "an opened string": again("x", '["', ""),
  "opened lists": again("[", "", ""),
  "opened objects": again('{"a":', "", ""),
  commas: again(",", "[", "]"),
  minus: again("-", "[", "]"),
};

/** YAML texts that are costly. */
export const YAML_SHAPES: Readonly<Record<string, Shape>> = {
  "empty lists": again("[],", "[", "]"),
  "a list of dashes": again("- \n"),
  "keys of one mapping": numbered((n) => `k${n}: 0\n`, "", ""),
  "equal keys": again("a: 0\n"),
  "quoted texts in a row": again('"a" '),
  "nested lists": (bytes) => "[".repeat(bytes / 2) + "]".repeat(bytes / 2),
  "one integer": again("7", "- "),
  "one hexadecimal integer": again("f", "- 0x"),
  "one sexagesimal integer": again(":59", "- 1"),
  "anchors and aliases": numbered((n) => `- &a${n} x\n- *a${n}\n`, "", ""),
  "aliases of aliases": () =>
    `a: &a [${"x,".repeat(9)}x]\n${[..."bcdefghi"].map((key, n) => `${key}: &${key} [${`*${"abcdefgh"[n]},`.repeat(9)}*a]`).join("\n")}\n`,
  merges: again("- <<: *a\n", "- &a {b: 1}\n"),
  "objects of Python": () => "!!python/object/apply:os.system ['true']\n",
  colons: again(": "),
  tabs: again("\t"),
};

/** Bytes of msgpack that are costly or lie about what follows. */
export const MSGPACK_SHAPES: Readonly<Record<string, (bytes: number) => Buffer>> = {
  "empty lists": (bytes) => listOf(Buffer.alloc(bytes, 0x90), bytes),
  "empty maps": (bytes) => listOf(Buffer.alloc(bytes, 0x80), bytes),
  "nested lists": (bytes) => Buffer.alloc(bytes, 0x91),
  "a list longer than the body": () => Buffer.from("ddffffffff", "hex"),
  "a text longer than the body": () => Buffer.from("dbffffffff", "hex"),
  "extension of a big integer": (bytes) => extension(0x42, Buffer.alloc(bytes, 0xff)),
  "extension of a regular expression": () => extension(0x78, Buffer.from("92a6282861", "hex")),
  "extension of references": () => Buffer.from("92d6690000000191d67000000001", "hex"),
  "a text that is no UTF-8": (bytes) => Buffer.concat([Buffer.from([0xda, 0xff, 0xff]), Buffer.alloc(bytes, 0xff)]),
};

function listOf(items: Buffer, count: number): Buffer {
  const head = Buffer.from([0xdd, 0, 0, 0, 0]);
  head.writeUInt32BE(count, 1);
  return Buffer.concat([head, items]);
}

function extension(type: number, content: Buffer): Buffer {
  const head = Buffer.from([0xc9, 0, 0, 0, 0, type]);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}
