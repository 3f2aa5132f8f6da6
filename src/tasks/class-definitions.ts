import { z } from "zod";
import { JobInputError } from "../jobs/errors.js";
import { RangeSyntaxError } from "../poker/errors.js";
import { type ClassDefinition, parseClasses, type RangeClass } from "../poker/ranges/class-view.js";

const MOST_CLASSES = 60;
const CLASSES_TEXT = 'classes are a list of {"name", "range"}, or an object of ranges by name';

const definition: z.ZodType<ClassDefinition> = z.strictObject({
  name: z.string("a name is expected").min(1).max(60),
  range: z.string("range notation is expected"),
  get classes() {
    return z.array(definition, CLASSES_TEXT).optional();
  },
});

/** Classes of hands as an input or a view's file gives them: in order, nested where `classes` stands inside. */
export const classesSchema = z
  .union([z.array(definition).min(1).max(MOST_CLASSES), z.record(z.string(), z.string())], CLASSES_TEXT)
  .describe(
    'Classes of hands for the reports: [{"name", "range", "classes"?}] or {name: range}; the first that fits counts',
  );

export type ClassesData = z.infer<typeof classesSchema>;

/**
 * Reads classes of hands.
 * @throws JobInputError with the class whose range cannot be read
 */
export function readClasses(data: ClassesData, handSize: number, place = "classes"): RangeClass[] {
  const list = Array.isArray(data) ? data : Object.entries(data).map(([name, range]) => ({ name, range }));
  return list.map((each) => {
    try {
      const [read] = parseClasses([each], handSize);
      if (read === undefined) throw new Error("a class was lost");
      return read;
    } catch (error) {
      if (error instanceof RangeSyntaxError) {
        throw new JobInputError(`${place} ${JSON.stringify(each.name)}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  });
}
