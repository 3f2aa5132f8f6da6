import { mapCard, type SuitMap } from "../suits.js";
import { type Boards, compileRange } from "./match-range.js";
import { parseRange } from "./parse-range.js";
import type { RangeNode } from "./range-tree.js";

/** A class of hands by range notation, with classes inside it. */
export interface ClassDefinition {
  readonly name: string;
  readonly range: string;
  readonly classes?: readonly ClassDefinition[] | undefined;
}

/** Classes of hands, read. A hand belongs to the first that holds it, and inside that to the first of its own. */
export interface RangeClass {
  readonly name: string;
  readonly root: RangeNode;
  readonly classes: readonly RangeClass[];
}

/** Hands that no class holds. */
const OTHERS = "other";

/**
 * Reads definitions of classes.
 * @throws RangeSyntaxError for a range that cannot be read
 */
export function parseClasses(definitions: readonly ClassDefinition[], handSize: number): RangeClass[] {
  return definitions.map(({ name, range, classes }) => ({
    name,
    root: parseRange(range, handSize).root,
    classes: parseClasses(classes ?? [], handSize),
  }));
}

/** Hands of a view: its names, in order, with `other` at the end, and where each hand belongs. */
export interface CompiledClasses {
  readonly names: readonly string[];
  /** @param hand ascending cards */
  placeOf(hand: Uint8Array): number;
}

/**
 * Makes the classes' test. A class inside another is named `outer / inner`; what the inner ones leave has the outer name.
 * @throws SpotError for a category without a board
 */
export function compileClasses(classes: readonly RangeClass[], boards: Boards): CompiledClasses {
  const names: string[] = [];
  const tests: ((hand: Uint8Array) => boolean)[] = [];
  const add = (level: readonly RangeClass[], prefix: string, within: (hand: Uint8Array) => boolean): void => {
    for (const { name, root, classes: inner } of level) {
      const own = compileRange(root, boards);
      const test = (hand: Uint8Array): boolean => within(hand) && own(hand);
      add(inner, `${prefix}${name} / `, test);
      names.push(`${prefix}${name}`);
      tests.push(test);
    }
  };
  add(classes, "", () => true);
  names.push(OTHERS);
  return {
    names,
    placeOf: (hand) => {
      const place = tests.findIndex((test) => test(hand));
      return place < 0 ? tests.length : place;
    },
  };
}

/** The classes of a game whose suits were renamed. */
export function renameClassSuits(classes: readonly RangeClass[], map: SuitMap): RangeClass[] {
  return classes.map(({ name, root, classes: inner }) => ({
    name,
    root: renameSuits(root, map),
    classes: renameClassSuits(inner, map),
  }));
}

/** A range under a renaming of suits. What it says of the board goes by the renamed board. */
export function renameSuits(node: RangeNode, map: SuitMap): RangeNode {
  switch (node.kind) {
    case "or":
    case "and":
      return { ...node, parts: node.parts.map((part) => renameSuits(part, map)) };
    case "not":
    case "weighted":
      return { ...node, part: renameSuits(node.part, map) };
    case "holds":
      return {
        ...node,
        slots: node.slots.map((slot) => (slot.suit < 0 ? slot : { ...slot, suit: mapCard(slot.suit, map) })),
      };
    default:
      return node;
  }
}
