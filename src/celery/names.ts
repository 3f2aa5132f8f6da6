/** A name as Celery writes it: `taskAcksLate` → `task_acks_late`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
