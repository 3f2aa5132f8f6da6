import { ImproperlyConfigured } from "./errors.js";
import { camelCase } from "./names.js";

/** Options of tasks under Celery's or our names; the setting `taskAnnotations` has them by task name. */
export type TaskAnnotation = Readonly<Record<string, unknown>>;

/** Options by task name, and under `*` for all tasks. */
export type AnnotationTable = Readonly<Record<string, TaskAnnotation>>;

/** Annotates a task by code: null leaves it to the next annotation. */
export type AnnotationFunction = (task: string) => TaskAnnotation | null;

export type TaskAnnotations = AnnotationTable | AnnotationFunction | readonly (AnnotationTable | AnnotationFunction)[];

/**
 * A task's options with what the app's annotations change. As in Celery the first annotation with the task's name
 * counts, and then the first for all tasks, which wins.
 *
 * @throws ImproperlyConfigured when an annotation would replace the module of a task
 */
export function annotate<Options extends object>(
  task: string,
  options: Options,
  annotations: TaskAnnotations,
): Options {
  const list = Array.isArray(annotations) ? annotations : [annotations as AnnotationTable | AnnotationFunction];
  const changes = [firstOf(list, task), firstOf(list, "*")].flatMap((found) => Object.entries(found ?? {}));
  if (changes.length === 0) return options;
  const named = Object.fromEntries(changes.map(([name, value]) => [camelCase(name), value]));
  if ("module" in named) throw new ImproperlyConfigured(`task ${task}: taskAnnotations cannot say module`);
  return { ...options, ...named };
}

function firstOf(list: readonly (AnnotationTable | AnnotationFunction)[], name: string): TaskAnnotation | null {
  for (const annotation of list) {
    if (typeof annotation === "function") {
      const found = name === "*" ? null : annotation(name);
      if (found !== null) return found;
    } else if (Object.hasOwn(annotation, name)) return annotation[name] ?? null;
  }
  return null;
}
