/** `62.3 %`. */
export function percent(fraction: number, digits = 1): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}

/** `± 0.21`, a standard error in percent points; empty where there is none. */
export function margin(error: number | null | undefined): string {
  return error ? `± ${(error * 100).toFixed(error < 0.01 ? 2 : 1)}` : "";
}

/** The same of chips. */
export function chipMargin(error: number | null | undefined): string {
  return error ? `± ${Number(error.toPrecision(2))}` : "";
}

/** Chips or their expectation: three significant digits, no more. */
export function chips(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2);
}

/** A moment of the database, which is UTC without saying so. */
export function parseTime(text: string | null): number | null {
  return text === null ? null : Date.parse(`${text.slice(0, 23).replace(" ", "T")}Z`);
}

/** `14:03:12` today, else with its date; local time. */
export function clock(ms: number | null): string {
  if (ms === null) return "–";
  const date = new Date(ms);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}

/** `3 min`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
