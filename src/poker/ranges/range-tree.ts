/** Every rank: a card of which at most the suit is said. */
export const ALL_RANKS = (1 << 13) - 1;

/** One card that a hand must hold. */
export interface CardSlot {
  /** 13-bit set of the ranks it may have. */
  readonly ranks: number;
  /** 0–3 = s, h, d, c; -1 = any. */
  readonly suit: number;
  /** Slots of one rank variable (0, 1, …) have one rank, those of different ones different ranks; absent without one. */
  readonly rankName?: number;
  /** As `rankName`, of suits. */
  readonly suitName?: number;
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
  | "no-trips"
  | "rundown";

/** Boards on which a category is asked for: the first, the second, either or both. */
export type OnBoards = 0 | 1 | "either" | "both";

/** A parsed range: a condition on hands, or hands with weights. */
export type RangeNode =
  | { readonly kind: "any" }
  /** With weights inside: a hand has the weight of the last part that holds it. */
  | { readonly kind: "or"; readonly parts: readonly RangeNode[] }
  | { readonly kind: "and"; readonly parts: readonly RangeNode[] }
  | { readonly kind: "not"; readonly part: RangeNode }
  /** Holds cards for all slots, a different one for each; `suits` binds the first two slots. */
  | { readonly kind: "holds"; readonly slots: readonly CardSlot[]; readonly suits: "any" | "suited" | "offsuit" }
  | { readonly kind: "shape"; readonly shape: HandShape }
  /** Hands after the first `from` percent of the ranking, up to and with `to` percent. */
  | { readonly kind: "percent"; readonly from: number; readonly to: number }
  /** What a hand is on the board: see src/poker/categories. */
  | {
      readonly kind: "category";
      readonly name: string;
      /** Or anything stronger; of draws by outs, or more of them. */
      readonly orBetter: boolean;
      readonly on: OnBoards;
    }
  /** Each hand of the part with its weight times this one, 0 to 1. */
  | { readonly kind: "weighted"; readonly part: RangeNode; readonly weight: number };

/** A part of a range between commas, as written. */
export interface RangePartText {
  readonly text: string;
  readonly root: RangeNode;
}

/** A range as written, with the hand size it was read for. Plain data: crosses threads by structured clone. */
export interface Range {
  readonly source: string;
  readonly handSize: number;
  readonly root: RangeNode;
}

/** Whether some node of the tree is as asked. */
function someNode(node: RangeNode, is: (node: RangeNode) => boolean): boolean {
  if (is(node)) return true;
  if (node.kind === "or" || node.kind === "and") return node.parts.some((part) => someNode(part, is));
  return node.kind === "not" || node.kind === "weighted" ? someNode(node.part, is) : false;
}

/** Whether hands of the range differ in weight. */
export const isWeighted = (node: RangeNode): boolean => someNode(node, ({ kind }) => kind === "weighted");

/** Whether the range cannot be listed without a board. */
export const needsBoard = (node: RangeNode): boolean => someNode(node, ({ kind }) => kind === "category");
