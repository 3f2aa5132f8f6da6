/** One card that a hand must hold. */
export interface CardSlot {
  /** 13-bit set of the ranks it may have. */
  readonly ranks: number;
  /** 0–3 = s, h, d, c; -1 = any. */
  readonly suit: number;
}

/** What a keyword or suffix asks of a hand as a whole. */
export type HandShape =
  | "rainbow"
  | "single-suited"
  | "double-suited"
  | "triple-suited"
  | "monotone"
  | "unpaired"
  | "one-pair"
  | "two-pair"
  | "trips"
  | "quads"
  | "rundown";

/** A parsed range: a condition on hands. */
export type RangeNode =
  | { readonly kind: "any" }
  | { readonly kind: "or"; readonly parts: readonly RangeNode[] }
  | { readonly kind: "and"; readonly parts: readonly RangeNode[] }
  | { readonly kind: "not"; readonly part: RangeNode }
  /** Holds cards for all slots, a different one for each; `suits` binds the first two slots. */
  | { readonly kind: "holds"; readonly slots: readonly CardSlot[]; readonly suits: "any" | "suited" | "offsuit" }
  | { readonly kind: "shape"; readonly shape: HandShape }
  /** Hands after the first `from` percent of the ranking, up to and with `to` percent. */
  | { readonly kind: "percent"; readonly from: number; readonly to: number };

/** A range as written, with the hand size it was read for. Plain data: crosses threads by structured clone. */
export interface Range {
  readonly source: string;
  readonly handSize: number;
  readonly root: RangeNode;
}
