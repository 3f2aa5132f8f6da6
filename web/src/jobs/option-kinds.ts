/** The part of JSON Schema that the options of a job use. */
export interface OptionSchema {
  /** One, or several where an option may also be null. */
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly OptionSchema[];
  readonly properties?: Readonly<Record<string, OptionSchema>>;
}

/** How an option is written: chosen, counted, or as text or JSON. */
export type OptionKind =
  | { readonly kind: "flag" }
  | { readonly kind: "number"; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly kind: "text" };

/** A flag or a number where the option is that or null, or a text of that; everything else is text. */
export function optionKind(schema: OptionSchema): OptionKind {
  const parts = partsOf(schema).filter(({ type }) => type !== "null" && type !== "string");
  const types = new Set(parts.map(({ type }) => type));
  if (types.size === 1 && types.has("boolean")) return { kind: "flag" };
  const numbers = parts.filter(({ type }) => type === "number" || type === "integer");
  if (numbers.length !== parts.length || numbers.length === 0) return { kind: "text" };
  return { kind: "number", min: numbers[0]?.minimum, max: numbers[0]?.maximum };
}

/** What an option says of itself, or the first of its forms that says something. */
export function optionText(schema: OptionSchema): string {
  const said = schema.description ?? schema.anyOf?.map(optionText).find((text) => text !== "");
  return said ?? "";
}

/** Every form of an option with one type each. */
function partsOf({ anyOf, type, ...schema }: OptionSchema): (OptionSchema & { readonly type?: string })[] {
  if (anyOf !== undefined) return anyOf.flatMap(partsOf);
  const types = typeof type === "string" ? [type] : (type ?? []);
  return types.map((one) => ({ ...schema, type: one }));
}
