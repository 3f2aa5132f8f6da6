import { z } from "zod";

/** Sizes that a place may have, at most. */
export const MOST_SIZES = 6;
export const STREETS = ["preflop", "flop", "turn", "river"] as const;

const size = z.union([
  z.number().gt(0).max(1),
  z.literal("geometric"),
  z.strictObject({ geometric: z.int().min(1).max(STREETS.length) }),
]);
const list = z.union([size, z.array(size).max(MOST_SIZES), z.literal("none")]);
const street = z.enum(STREETS);
const player = z.string().regex(/^\d+$/);
const sizes = z.union([
  list,
  z.partialRecord(street, z.union([list, z.record(player, list)])),
  z.record(player, z.union([list, z.partialRecord(street, list)])),
]);
const { $schema: _, ...published } = z.toJSONSchema(sizes, { io: "input" });

/**
 * Sizes of a place, as `read-sizes.ts` reads them: the schema lets everything through, so that what is wrong with it is said by
 * who knows the spot.
 */
export function sizesSchema(description: string) {
  return z
    .unknown()
    .optional()
    .meta({ description, ...published });
}
