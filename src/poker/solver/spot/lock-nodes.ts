import { inPlace, SolverInputError } from "../../errors.js";
import { compileRange } from "../../ranges/match-range.js";
import { labelOf, stepNamed } from "../betting/action-label.js";
import type { BettingNode, DecisionNode } from "../betting/betting-tree.js";
import { findHand, type HandSet } from "../game/hand-set.js";
import type { Lock, LockStep } from "./lock.js";
import type { Spot } from "./spot.js";

type Boards = readonly (readonly number[])[];

/** Sorts hands into named classes on some boards. */
export type ClassifyOn = (
  boards: Boards,
) => (hands: HandSet) => { readonly names: readonly string[]; readonly of: ArrayLike<number> };

/** A lock where it stands in a betting tree. */
export interface NodeLock {
  readonly lock: Lock;
  readonly node: DecisionNode;
  readonly seat: number;
  /** Cards dealt on the way, deal by deal, one for each board; null: any. */
  readonly deals: readonly (readonly number[] | null)[];
  /** Frequency of each action of the node. */
  readonly strategy: readonly number[];
  /** 1 for each hand that is locked, on the boards as they lie at the node. */
  readonly holds: (hands: HandSet, boards: Boards) => Uint8Array;
}

/** A lock that names what a tree does not have: a tree of other sizes may have it. */
export class LockPathError extends SolverInputError {
  override readonly name = "LockPathError";
}

/**
 * Finds the locks of a spot in a betting tree.
 *
 * @throws LockPathError for a path or action that is not there, with those that are
 * @throws SolverInputError for hands or classes that nobody holds there, or another player to act
 */
export function findLocks(spot: Spot, tree: DecisionNode, classify: ClassifyOn): NodeLock[] {
  return spot.locks.map((lock) => {
    const { node, deals } = follow(spot, lock, tree);
    const { seat } = node;
    const player = spot.players[seat];
    if (lock.player !== null && lock.player !== player) {
      throw new SolverInputError(`${lock.place}.player: player ${player} acts there, not player ${lock.player}`);
    }
    const strategy = frequencies(lock, node);
    const found: NodeLock = { lock, node, seat, deals, strategy, holds: holder(lock, classify) };
    checkHands(spot, found, classify);
    return found;
  });
}

function follow(spot: Spot, lock: Lock, tree: DecisionNode): Pick<NodeLock, "node" | "deals"> {
  let at: BettingNode = tree;
  const deals: (readonly number[] | null)[] = [];
  const way: string[] = [];
  const where = (): string => (way.length === 0 ? "at the root" : `after ${way.join(", ")}`);
  const fail = (problem: string): never => {
    throw new LockPathError(`${lock.place}.path: ${problem}`);
  };
  for (const step of lock.path) {
    const { text } = step;
    if (at.kind === "chance") {
      if (step.kind !== "deal") return fail(dealWanted(way, text));
      checkCards(
        spot,
        step,
        deals.flatMap((cards) => cards ?? []),
        fail,
      );
      deals.push(step.cards);
      at = at.child;
    } else if (at.kind === "decision") {
      const labels: string[] = at.actions.map(labelOf);
      const action: number = step.kind === "action" ? stepNamed(labels, text) : -1;
      if (action < 0) fail(`no step ${JSON.stringify(text)} ${where()}: there is ${labels.join(", ")}`);
      at = at.children[action];
    } else return fail(`no step ${JSON.stringify(text)} ${where()}: the line ends`);
    way.push(text);
  }
  if (at.kind === "decision") return { node: at, deals };
  return fail(at.kind === "chance" && leadsOn(at) ? dealWanted(way) : `nobody decides ${where()}`);
}

function dealWanted(way: readonly string[], step?: string): string {
  const instead = step === undefined ? "" : `, not ${JSON.stringify(step)}`;
  return `a card is dealt after ${way.join(", ")}: name it (such as 2c), or * for any${instead}`;
}

function leadsOn(node: BettingNode): boolean {
  return node.kind === "chance" ? leadsOn(node.child) : node.kind === "decision";
}

function checkCards(
  spot: Spot,
  { cards, text }: Extract<LockStep, { kind: "deal" }>,
  before: readonly number[],
  fail: (problem: string) => never,
): void {
  if (!cards) return;
  if (cards.length !== spot.boards.length) {
    fail(spot.boards.length === 1 ? `one card is dealt, not ${text}` : `a card is dealt to each board: write 2c/7d`);
  }
  const lies = [...spot.boards.flat(), ...before];
  if (cards.some((card, index) => lies.includes(card) || cards.indexOf(card) !== index))
    fail(`${text} lies on the board already`);
}

function frequencies(lock: Lock, node: DecisionNode): number[] {
  const labels = node.actions.map(labelOf);
  const strategy = labels.map(() => Number.NaN);
  for (const [label, frequency] of lock.strategy) {
    const action = stepNamed(labels, label);
    const there = `there is ${labels.join(", ")}`;
    if (action < 0) throw new LockPathError(`${lock.place}.strategy: no action ${JSON.stringify(label)}: ${there}`);
    if (!Number.isNaN(strategy[action])) {
      throw new SolverInputError(`${lock.place}.strategy: ${labels[action]} is named twice`);
    }
    strategy[action] = frequency;
  }
  const sum = lock.strategy.reduce((total, [, frequency]) => total + frequency, 0);
  return strategy.map((frequency) => (Number.isNaN(frequency) ? 0 : frequency / sum));
}

function holder({ place, hands: wanted }: Lock, classify: ClassifyOn): NodeLock["holds"] {
  switch (wanted.kind) {
    case "all":
      return ({ count }) => new Uint8Array(count).fill(1);
    case "range":
      return (hands, boards) => {
        const test = inPlace(`${place}.hands`, () => compileRange(wanted.root, boards));
        const { k, count, cards } = hands;
        return Uint8Array.from({ length: count }, (_, hand) =>
          test(cards.subarray(hand * k, (hand + 1) * k)) ? 1 : 0,
        );
      };
    case "class":
      return (hands, boards) => {
        const { names, of } = classify(boards)(hands);
        const index = names.indexOf(wanted.name);
        return Uint8Array.from({ length: hands.count }, (_, hand) => (of[hand] === index ? 1 : 0));
      };
  }
}

/** Hands that are named must be in the range; of others there must be some. On later streets that depends on the cards. */
function checkHands(spot: Spot, { lock, seat, deals, holds }: NodeLock, classify: ClassifyOn): void {
  const { hands } = spot.ranges[seat];
  const player = spot.players[seat];
  if (lock.hands.kind === "range") {
    const missing = lock.hands.listed.find(({ cards }) => findHand(hands, cards) < 0);
    if (missing)
      throw new SolverInputError(`${lock.place}.hands: ${missing.text} is not in the range of player ${player}`);
  }
  if (lock.hands.kind === "all" || deals.length > 0) return;
  if (holds(hands, spot.boards).includes(1)) return;
  if (lock.hands.kind === "range") {
    throw new SolverInputError(`${lock.place}.hands: player ${player} holds no ${lock.written.hands} here`);
  }
  const { names } = classify(spot.boards)(hands);
  throw new SolverInputError(
    `${lock.place}.class: player ${player} has no class ${JSON.stringify(lock.hands.name)} here: there is ${names.join("; ")}`,
  );
}
