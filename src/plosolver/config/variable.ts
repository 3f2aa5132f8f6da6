import type { z } from "zod";

interface About {
  /** Title of the section this variable opens in `.env.example`. */
  readonly section?: string;
  /** What it does, in one or two sentences. */
  readonly about: string;
  /** The default as text; null when the absence of a value has a meaning of its own. */
  readonly initial: string | null;
  /** Never shown, not even in part. */
  readonly secret?: boolean;
  /** A URL: shown without its password, and not at all when it cannot be read. */
  readonly url?: boolean;
}

export interface Variable<Schema extends z.ZodType = z.ZodType> extends About {
  readonly schema: Schema;
}

/** One variable with a default: the default's text is read by the same schema as the user's. */
export function withDefault<T>(schema: z.ZodType<T, string>, about: About & { readonly initial: string }) {
  const initial = schema.parse(about.initial);
  return { ...about, schema: schema.optional().transform((value) => (value === undefined ? initial : value)) };
}

/** One variable without a default: absent means undefined. */
export function withoutDefault<T>(schema: z.ZodType<T, string>, about: Omit<About, "initial">) {
  return { ...about, initial: null, schema: schema.optional() };
}
