import type { Scalar, ScalarTag, Tags } from "yaml";
import { DecodeError } from "./errors.js";
import { integerText, narrowInteger, readInteger } from "./integers.js";

const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * YAML's booleans and numbers as PyYAML takes them, which is neither YAML 1.1 nor what the library does: `y` and `1e5` are
 * text, `yes` and `1_000` are not.
 */
const PYYAML_SCALARS: readonly ScalarTag[] = [
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    identify: (value) => typeof value === "boolean",
    test: BOOL,
    resolve: (text) => /^(?:yes|true|on)$/i.test(text),
    stringify: ({ value }: Scalar) => (value === true ? "true" : "false"),
  },
  {
    tag: "tag:yaml.org,2002:int",
    default: true,
    identify: (value) => typeof value === "bigint" || Number.isSafeInteger(value),
    test: INT,
    resolve: (text) => readYamlInteger(text),
    stringify: ({ value }: Scalar) => (typeof value === "bigint" ? integerText(value) : String(value)),
  },
  {
    tag: "tag:yaml.org,2002:float",
    default: true,
    identify: (value) => typeof value === "number",
    test: FLOAT,
    resolve: (text) => readFloat(text),
    stringify: ({ value }: Scalar) => writeFloat(Number(value)),
  },
];

/** The library's tags, with PyYAML's booleans and numbers. */
export function pyYamlTags(tags: Tags): Tags {
  const others = tags.filter((tag) => typeof tag === "string" || !/:(bool|int|float)$/.test(tag.tag));
  return [...others, ...PYYAML_SCALARS];
}

function readYamlInteger(text: string): number | bigint {
  const isNegative = text.startsWith("-");
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "");
  if (/^(?:0|[1-9]\d*)$/.test(digits)) return readInteger(isNegative ? `-${digits}` : digits);
  const magnitude = digits.includes(":") ? sexagesimal(digits) : BigInt(digits.replace(/^0(?=[0-7])/, "0o"));
  return narrowInteger(isNegative ? -magnitude : magnitude);
}

/** Each step costs as much as the number is long: beyond what decimal digits may have, nobody means it. */
const MAX_SEXAGESIMAL = 4300;

function sexagesimal(digits: string): bigint {
  if (digits.length > MAX_SEXAGESIMAL) throw new DecodeError("a sexagesimal integer is too long");
  return digits.split(":").reduce((value, part) => value * 60n + BigInt(part), 0n);
}

function readFloat(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replaceAll("_", "").replace(/^[-+]/, "").toLowerCase();
  if (digits === ".nan") return Number.NaN;
  if (digits === ".inf") return sign * Number.POSITIVE_INFINITY;
  return sign * digits.split(":").reduce((value, part) => value * 60 + Number(part), 0);
}

function writeFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  const text = String(value);
  // PyYAML's floats need a point.
  if (text.includes("e")) return text.replace(/^(-?\d+)e/, "$1.0e");
  return text.includes(".") ? text : `${text}.0`;
}
