/** A name of Celery's as ours: `task_acks_late` → `taskAcksLate`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A name as Celery writes it: `taskAcksLate` → `task_acks_late`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
