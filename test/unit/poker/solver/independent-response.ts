import { parseCards } from "../../../../src/poker/cards.js";
import type { Solution, SolutionNext, SolutionNode } from "../../../../src/poker/solver/report/solution.js";
import { orderOfOmaha } from "../oracle.js";

/** Weight of opponents below which the five digits of the strategies shown do not carry an EV. */
const LEAST_MET = 0.05;

export interface ActionEv {
  /** Probability that the hand comes to the node and takes the action. */
  readonly taken: number;
  readonly shown: number;
  readonly best: number;
}

/**
 * Recomputes the value and exploitability of a heads-up solution from its JSON alone: pairs of hands one by one, hands
 * compared by the naive evaluator. Shares no code with the solver.
 */
export class IndependentResponse {
  readonly #solution: Solution;
  readonly #players: readonly [number, number];
  readonly #hands: readonly [number[][], number[][]];
  readonly #weights: readonly [readonly number[], readonly number[]];
  readonly #strengths = new Map<string, number>();

  constructor(solution: Solution) {
    this.#solution = solution;
    const [first, second] = solution.game.players;
    this.#players = [first?.player ?? 0, second?.player ?? 1];
    const range = (seat: 0 | 1) => solution.ranges[String(this.#players[seat])] ?? { combos: [], weights: [] };
    this.#hands = [range(0).combos.map(parseCards), range(1).combos.map(parseCards)];
    this.#weights = [range(0).weights, range(1).weights];
  }

  /** Chips at the end minus chips behind at the root for a seat: against the other's strategy, best or as given. */
  value(seat: 0 | 1, best: boolean): number {
    const boards = [this.#solution.game.board, this.#solution.game.board2].flatMap((board) =>
      board ? [board.flatMap((card) => parseCards(card))] : [],
    );
    const reach = [...this.#weights[seat === 0 ? 1 : 0]];
    const values = this.#walk(this.#solution.tree, seat, best, reach, boards, [0, 0]);
    let pairs = 0;
    let sum = 0;
    values.forEach((value, hand) => {
      const weight = this.#weights[seat][hand] as number;
      sum += weight * value;
      this.#hands[seat === 0 ? 1 : 0].forEach((theirs, other) => {
        if (!overlap(this.#hands[seat][hand] as number[], theirs)) pairs += weight * (reach[other] as number);
      });
    });
    return sum / pairs;
  }

  /** Sum of both players' gains by best response. */
  nashConv(): number {
    return this.value(0, true) + this.value(1, true) - this.value(0, false) - this.value(1, false);
  }

  /**
   * EVs of a seat's actions on the root street, hand by hand: as the solution shows them, and as they are when the hand
   * goes on as well as it can against the other's strategy. Also how often the hand comes there and takes the action.
   */
  actionEvs(seat: 0 | 1): ActionEv[] {
    const boards = [this.#solution.game.board.flatMap((card) => parseCards(card))];
    const found: ActionEv[] = [];
    const visit = (node: SolutionNode, reach: number[], own: number[], put: readonly [number, number]): void => {
      const acting = this.#players[0] === node.player ? 0 : 1;
      const columns = node.strategy as readonly (readonly number[])[];
      node.actions.forEach((action, index) => {
        const share = (hand: number): number => columns[index]?.[hand] as number;
        const paid: [number, number] = [put[0], put[1]];
        paid[acting] += action.amount;
        const left = acting === seat ? reach : reach.map((value, hand) => value * share(hand));
        const after = acting === seat ? own.map((value, hand) => value * share(hand)) : own;
        if (acting === seat) {
          this.#walk(action.next, seat, true, left, boards, paid).forEach((value, hand) => {
            const met = this.#met(seat, hand, left);
            const shown = node.combo_ev?.[index]?.[hand];
            if (met > LEAST_MET && typeof shown === "number")
              found.push({ taken: after[hand] as number, shown, best: value / met + put[seat] });
          });
        }
        if ("actions" in action.next) visit(action.next, left, after, paid);
      });
    };
    visit(this.#solution.tree, [...(this.#weights[1 - seat] as number[])], [...this.#weights[seat]], [0, 0]);
    return found;
  }

  #met(seat: 0 | 1, hand: number, reach: readonly number[]): number {
    const cards = this.#hands[seat][hand] as number[];
    return this.#hands[seat === 0 ? 1 : 0].reduce(
      (sum, theirs, index) => sum + (overlap(cards, theirs) ? 0 : (reach[index] as number)),
      0,
    );
  }

  #walk(
    next: SolutionNext,
    seat: 0 | 1,
    best: boolean,
    reach: number[],
    boards: number[][],
    put: readonly [number, number],
  ): number[] {
    if ("actions" in next) return this.#decide(next, seat, best, reach, boards, put);
    const own = this.#hands[seat];
    const theirs = this.#hands[seat === 0 ? 1 : 0];
    switch (next.end) {
      case "omitted":
        throw new Error("the tree is not complete");
      case "fold": {
        const won = next.pot - this.#rake(next.pot, put);
        const chips = next.winner === this.#players[seat] ? won - put[seat] : -put[seat];
        return own.map(
          (hand) =>
            chips *
            theirs.reduce((sum, other, index) => sum + (overlap(hand, other) ? 0 : (reach[index] as number)), 0),
        );
      }
      case "showdown":
        return own.map((hand) =>
          theirs.reduce((sum, other, index) => {
            if (overlap(hand, other) || boards.some((board) => overlap(hand, board))) return sum;
            return sum + (reach[index] as number) * (this.#won(hand, other, boards, next.pot, put, seat) - put[seat]);
          }, 0),
        );
      case "deal":
        return this.#deal(next, seat, best, reach, boards, put);
    }
  }

  #deal(
    next: Extract<SolutionNext, { end: "deal" }>,
    seat: 0 | 1,
    best: boolean,
    reach: number[],
    boards: number[][],
    put: readonly [number, number],
  ): number[] {
    const own = this.#hands[seat];
    const theirs = this.#hands[seat === 0 ? 1 : 0];
    const total = new Array<number>(own.length).fill(0);
    const held = (own[0]?.length ?? 0) * 2;
    const free = 52 - boards.flat().length - held;
    const ways = boards.length === 1 ? free : free * (free - 1);
    for (const [dealt, after] of Object.entries(next.cards ?? {})) {
      const cards = dealt.split("/").flatMap(parseCards);
      const left = reach.map((value, index) => (overlap(theirs[index] as number[], cards) ? 0 : value));
      const grown = boards.map((board, index) => [...board, cards[index] as number]);
      const values = this.#walk(after, seat, best, left, grown, put);
      own.forEach((hand, index) => {
        if (!overlap(hand, cards)) total[index] = (total[index] as number) + (values[index] as number) / ways;
      });
    }
    if (!next.cards) throw new Error("the tree has no deals");
    return total;
  }

  #decide(
    node: SolutionNode,
    seat: 0 | 1,
    best: boolean,
    reach: number[],
    boards: number[][],
    put: readonly [number, number],
  ): number[] {
    const acting = this.#players[0] === node.player ? 0 : 1;
    const { strategy } = node;
    if (!strategy) throw new Error("a node has no combo strategy");
    const branches = node.actions.map((action, index) => {
      const paid: [number, number] = [
        put[0] + (acting === 0 ? action.amount : 0),
        put[1] + (acting === 1 ? action.amount : 0),
      ];
      const left = acting === seat ? reach : reach.map((value, hand) => value * (strategy[index]?.[hand] as number));
      return this.#walk(action.next, seat, best, left, boards, paid);
    });
    return (branches[0] as number[]).map((_, hand) => {
      const values = branches.map((branch) => branch[hand] as number);
      if (acting !== seat) return values.reduce((sum, value) => sum + value, 0);
      if (best && !isLocked(node, hand)) return Math.max(...values);
      return values.reduce((sum, value, index) => sum + value * (strategy[index]?.[hand] as number), 0);
    });
  }

  #won(
    hand: number[],
    other: number[],
    boards: number[][],
    pot: number,
    put: readonly [number, number],
    seat: 0 | 1,
  ): number {
    const { players } = this.#solution.game;
    const total = players.map(({ street_bet: bet }, index) => bet + (put[index as 0 | 1] ?? 0));
    const mine = total[seat] as number;
    const theirs = total[1 - seat] as number;
    const uncalled = Math.abs(mine - theirs);
    const contested = pot - uncalled - this.#rake(pot, put);
    const back = mine > theirs ? uncalled : 0;
    const share = boards.reduce((sum, board) => {
      const difference = this.#strength(hand, board) - this.#strength(other, board);
      return sum + (difference > 0 ? 1 : difference === 0 ? 0.5 : 0);
    }, 0);
    return back + (contested * share) / boards.length;
  }

  /** After the flop, where a hand that ends by a fold is raked too. */
  #rake(pot: number, put: readonly [number, number]): number {
    const { rake, players } = this.#solution.game;
    const [first = 0, second = 0] = players.map(({ street_bet: bet }, index) => bet + (put[index as 0 | 1] ?? 0));
    return rake ? Math.min(rake.cap ?? pot, ((pot - Math.abs(first - second)) * rake.percent) / 100) : 0;
  }

  #strength(hand: number[], board: number[]): number {
    const key = `${hand}|${board}`;
    const known = this.#strengths.get(key);
    if (known !== undefined) return known;
    const strength = orderOfOmaha(hand, board);
    this.#strengths.set(key, strength);
    return strength;
  }
}

/** A hand whose play was given cannot play otherwise. */
function isLocked({ locked }: SolutionNode, hand: number): boolean {
  return locked !== undefined && (locked.places?.includes(hand) ?? true);
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  return a.some((card) => b.includes(card));
}
