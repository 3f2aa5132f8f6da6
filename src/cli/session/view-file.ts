import { parse } from "yaml";
import { z } from "zod";
import { asError } from "../../celery/values.js";
import { type ClassesData, classesSchema } from "../../tasks/class-definitions.js";
import { CliError, EXIT_USAGE } from "../globals.js";
import { readText } from "../terminal/read-text.js";

const viewSchema = z.union([z.strictObject({ name: z.string().optional(), classes: classesSchema }), classesSchema]);

/**
 * A view's classes: YAML or JSON, `{name?, classes}` or the classes themselves.
 * @throws CliError when the file is no view
 */
export async function readView(file: string): Promise<ClassesData> {
  const text = await readText(file);
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new CliError(`${file} is neither YAML nor JSON: ${asError(cause).message}`, EXIT_USAGE, { cause });
  }
  const view = viewSchema.safeParse(data);
  if (!view.success) {
    const issue = view.error.issues[0];
    throw new CliError(`${file} is no view: ${issue?.message ?? "it"} (see examples/views)`, EXIT_USAGE);
  }
  const { classes } = view.data as { readonly classes?: ClassesData };
  return typeof classes === "object" ? classes : (view.data as ClassesData);
}
