/** An event as it travels: type, when and where, and the fields of its type, under Celery's own names. */
export interface CeleryEvent {
  readonly type: string;
  /** Epoch seconds. */
  readonly timestamp: number;
  readonly hostname: string;
  /** Hours west of UTC, whole. */
  readonly utcoffset?: number;
  readonly pid?: number;
  readonly clock?: number;
  readonly [field: string]: unknown;
}

/** Fields that are the event's own. */
export type EventFields = Readonly<Record<string, unknown>>;

/** The group of a type: `task` of `task-received`. */
export function groupOf(type: string): string {
  const dash = type.indexOf("-");
  return dash < 0 ? type : type.slice(0, dash);
}

/** Whole hours west of UTC here and now, as Python computes them. */
export function utcOffsetHours(): number {
  return Math.floor(new Date().getTimezoneOffset() / 60);
}
