/** "check", "call 50", "raise to 250 (all-in)". */
export function actionLabel(action: {
  readonly action: string;
  readonly amount: number;
  readonly to: number;
  readonly all_in: boolean;
}): string {
  const chips = (amount: number): string => String(Math.round(amount * 100) / 100);
  const allIn = action.all_in ? " (all-in)" : "";
  if (action.action === "raise") return `raise to ${chips(action.to)}${allIn}`;
  return action.amount > 0 ? `${action.action} ${chips(action.amount)}${allIn}` : action.action;
}
