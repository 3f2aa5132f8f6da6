import { rankName } from "../cards.js";
import { bitCount } from "../combinatorics.js";
import { ALL_RANKS, type CardSlot, type HandShape, type RangeNode } from "./range-tree.js";

const SHAPE_TEXT: Readonly<Record<HandShape, string>> = {
  rainbow: "no two cards of one suit",
  "single-suited": "two or more cards of exactly one suit",
  "double-suited": "two or more cards of exactly two suits",
  "triple-suited": "two or more cards of exactly three suits",
  monotone: "all cards of one suit",
  unpaired: "no two cards of one rank",
  "one-pair": "exactly one pair",
  "two-pair": "exactly two pairs",
  trips: "three of a rank",
  quads: "four of a rank",
  "no-trips": "no three of a rank",
  rundown: "neighbouring ranks only",
};
const SUIT_TEXT = ["spade", "heart", "diamond", "club"];
const SUIT_LETTERS = "shdc";
const RANK_NAMES = "RONGP";
const SUIT_NAMES = "xyzw";
const MOST_PARTS = 6;

/** A parsed range in words: how it was read. */
export function describeRange(node: RangeNode): string {
  switch (node.kind) {
    case "any":
      return "every hand";
    case "or":
      return describeParts(node.parts);
    case "and":
      return node.parts.map(describeInner).join(" and ");
    case "not":
      return `not (${describeRange(node.part)})`;
    case "holds":
      return describeHolds(node.slots, node.suits);
    case "shape":
      return SHAPE_TEXT[node.shape];
    case "percent":
      return node.from === 0
        ? `the best ${node.to} % of all hands`
        : `the hands after the best ${node.from} % up to ${node.to} % of all hands`;
    case "category":
      return describeCategory(node);
    case "weighted":
      return `${describeInner(node.part)}, weight ${node.weight}`;
  }
}

const describeInner = (node: RangeNode): string =>
  node.kind === "or" ? `(${describeRange(node)})` : describeRange(node);

function describeParts(parts: readonly RangeNode[]): string {
  const shown = parts.slice(0, MOST_PARTS).map(describeRange);
  const rest = parts.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join("; or ");
}

function describeCategory({ name, orBetter, on }: Extract<RangeNode, { kind: "category" }>): string {
  const where = on === "either" ? "" : on === "both" ? " on both boards" : ` on board ${on + 1}`;
  return `${name}${orBetter ? " or better" : ""}${where}`;
}

function describeHolds(slots: readonly CardSlot[], suits: "any" | "suited" | "offsuit"): string {
  const bound = suits === "any" ? "" : suits === "suited" ? " of one suit" : " of two suits";
  const cards = slots.map(describeSlot).join(", ");
  const named = slots.some(({ rankName: name }) => name !== undefined);
  const suited = slots.some(({ suitName }) => suitName !== undefined);
  const variables = [
    ...(named ? ["R, O, N … different ranks"] : []),
    ...(suited ? ["x, y, z, w different suits"] : []),
  ];
  return `holds ${cards}${bound}${variables.length > 0 ? ` (${variables.join("; ")})` : ""}`;
}

function describeSlot({ ranks, suit, rankName: name, suitName }: CardSlot): string {
  const suitText = suitName === undefined ? "" : (SUIT_NAMES[suitName] ?? "");
  if (name !== undefined) return `${RANK_NAMES[name] ?? "?"}${suit < 0 ? suitText : (SUIT_LETTERS[suit] ?? "")}`;
  if (ranks === ALL_RANKS) return suit < 0 ? `any card of suit ${suitText}` : `any ${SUIT_TEXT[suit] ?? ""}`;
  const symbols = Array.from({ length: 13 }, (_, i) => 12 - i)
    .filter((rank) => (ranks >> rank) & 1)
    .map(rankName)
    .join("");
  const rank = bitCount(ranks) === 1 ? symbols : `one of ${symbols}`;
  return `${rank}${suit < 0 ? suitText : (SUIT_LETTERS[suit] ?? "")}`;
}
