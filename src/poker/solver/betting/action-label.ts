import type { ActionType } from "./betting-state.js";

/** An action as players name it. */
export interface LabelledAction {
  readonly type: ActionType;
  /** Chips added. */
  readonly amount: number;
  /** The player's total on the street afterwards. */
  readonly to: number;
  readonly allIn: boolean;
}

/** Amounts by their hundredth of a chip, small ones by three digits. */
function chipsText(amount: number): string {
  return String(amount < 1 ? Number(amount.toPrecision(3)) : Math.round(amount * 100) / 100);
}

/** "check", "call 50", "raise to 250 (all-in)". */
export function labelOf({ type, amount, to, allIn }: LabelledAction): string {
  const suffix = allIn ? " (all-in)" : "";
  if (type === "raise") return `raise to ${chipsText(to)}${suffix}`;
  return amount > 0 ? `${type} ${chipsText(amount)}${suffix}` : type;
}

const SPELLED = /^(bet|call|raise)(?: to)? (\d+(?:\.\d+)?)$/u;

/** What a step's text says, without the words that need not be said. */
function spelled(text: string): string {
  const plain = text.trim().toLowerCase().replace(/\s+/gu, " ").replace(" (all-in)", "");
  const [, type, amount] = SPELLED.exec(plain) ?? [];
  if (type === undefined) return plain;
  return `${type === "raise" ? "raise to" : type} ${chipsText(Number(amount))}`;
}

/** The one step that a text means: its label, with or without "(all-in)", or the beginning of it; -1 without one. */
export function stepNamed(labels: readonly string[], wanted: string): number {
  const text = spelled(wanted);
  const whole = labels.flatMap((label, step) => (spelled(label) === text ? [step] : []));
  if (whole.length > 0) return whole.length === 1 ? whole[0] : -1;
  const begun = labels.flatMap((label, step) => (label.toLowerCase().startsWith(text) ? [step] : []));
  return begun.length === 1 && text !== "" ? begun[0] : -1;
}
