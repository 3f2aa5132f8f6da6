import type { DecisionNode } from "../betting/betting-tree.js";
import { type Stakes, stakesOf } from "../betting/heads-up-stakes.js";
import type { SampledPlan } from "../plan/sampled-plan.js";
import { LockedRows } from "../sampled/locked-rows.js";
import { REPLICATES, type SampledGame, SUM_SET, tableSet } from "../sampled/sampled-game.js";
import type { Spot } from "../spot/spot.js";
import type { StreetBlock } from "../vector/street-block.js";
import { lockedHands } from "./describe-locks.js";
import { evRounder, type RoundEv, roundEquity, roundShares, roundStrategy, significant } from "./numbers.js";
import { type Estimate, errorOf, type SampledNumbers, STUDENT } from "./sampled-numbers.js";
import {
  actionLabel,
  endOfLine,
  type FormatCards,
  type HandClassRow,
  type HeroAnswer,
  type RowOfNumbers,
  type SolutionNext,
  type SolutionNode,
  STREET_NAMES,
} from "./solution.js";
import { StrategyDrift } from "./strategy-drift.js";

/** Bytes of JSON that lists of combos and their strategies may take. */
const LIST_BYTES = 1_700_000;
const BYTES_PER_NUMBER = 7;
const STRATEGY_DIGITS = 5;
/** Nodes that play reaches more rarely are left out. */
const LEAST_PROBABILITY = 1e-4;

/** The root street of a sampled solution as a nested tree. */
export class SampledTree {
  readonly listed: boolean;
  readonly #spot: Spot;
  readonly #plan: SampledPlan;
  readonly #game: SampledGame;
  readonly #block: StreetBlock;
  readonly #stakes: Stakes;
  readonly #numbers: SampledNumbers;
  /** Strategy sums of the root street by set of tables and seat. */
  readonly #sums: readonly (readonly [Float32Array, Float32Array])[];
  readonly #drift: StrategyDrift;
  readonly #locked: LockedRows;
  readonly #roundEv: RoundEv;
  readonly #format: FormatCards;
  readonly #decisionOf = new Map<DecisionNode, number>();
  #bytes = 0;
  #strategiesOmitted = 0;
  #nodesOmitted = 0;

  constructor(
    spot: Spot,
    plan: SampledPlan,
    game: SampledGame,
    numbers: SampledNumbers,
    done: number,
    format: FormatCards,
  ) {
    this.#spot = spot;
    this.#plan = plan;
    this.#game = game;
    this.#numbers = numbers;
    this.#sums = Array.from({ length: SUM_SET + 1 }, (_, set) => tableSet(game, set).sums[0]);
    this.#drift = new StrategyDrift(game, done);
    this.#locked = new LockedRows(game);
    this.#format = format;
    this.#block = plan.blocks[0];
    this.#stakes = stakesOf(plan.tree);
    this.#roundEv = evRounder(spot.root.state.pot);
    this.#block.decisionNode.forEach((at, decision) => {
      this.#decisionOf.set(this.#block.nodes[at] as DecisionNode, decision);
    });
    const rangeBytes = game.ranges.reduce((sum, { count, k }) => sum + count * (2 * k + 11), 0);
    this.listed = rangeBytes < LIST_BYTES / 2;
    this.#bytes = this.listed ? rangeBytes : 0;
  }

  build(): SolutionNode {
    return this.#decision(this.#plan.tree, 0) as SolutionNode;
  }

  get omitted(): string[] {
    const notes = ["play on later streets, which is by classes of hands and serves the values of this street"];
    if (!this.listed) notes.push("the lists of combos and their strategies: the result would be too large");
    if (this.#strategiesOmitted > 0)
      notes.push(`combo strategies of ${this.#strategiesOmitted} nodes: the result would be too large`);
    if (this.#nodesOmitted > 0) notes.push(`${this.#nodesOmitted} branches that are hardly ever reached`);
    return notes;
  }

  hero(root: SolutionNode): HeroAnswer | null {
    const { hero, players } = this.#spot;
    if (!hero) return null;
    const row = root.hero;
    const actions = row
      ? root.actions.map((action, index) => ({
          label: actionLabel(action),
          frequency: row.frequency[index],
          frequency_error: row.frequency_error?.[index] ?? 0,
          ev: row.ev[index],
          standard_error: row.ev_error?.[index] ?? null,
        }))
      : null;
    const ev = actions?.reduce((sum, action) => sum + action.frequency * (action.ev ?? 0), 0);
    const error = actions?.reduce((sum, action) => sum + action.frequency * (action.standard_error ?? 0), 0);
    return {
      player: players[hero.seat],
      hand: this.#format(hero.cards),
      index: this.#game.heroes[hero.seat as 0 | 1],
      actions,
      not_told_apart: actions ? this.#notToldApart(hero.seat as 0 | 1, actions) : [],
      ev: ev === undefined ? null : this.#roundEv(ev),
      standard_error: error === undefined ? null : significant(error),
    };
  }

  /** Actions of the hero at the root whose EVs the errors do not tell from the best one's, if there are any. */
  #notToldApart(seat: 0 | 1, actions: readonly { readonly label: string; readonly ev: number | null }[]): string[] {
    const evs = actions.map(({ ev }) => ev ?? Number.NEGATIVE_INFINITY);
    const best = evs.indexOf(Math.max(...evs));
    const close = actions.filter((_, action) => {
      if (action === best) return true;
      const { value, error } = this.#numbers.evDifference(seat, 0, best, action, this.#game.classCounts[seat] - 1);
      return !(value > STUDENT * error);
    });
    return close.length > 1 ? close.map(({ label }) => label) : [];
  }

  #next(node: DecisionNode["children"][number], depth: number): SolutionNext {
    return node.kind === "decision" ? this.#decision(node, depth) : endOfLine(node, this.#spot.players);
  }

  #decision(node: DecisionNode, depth: number): SolutionNext {
    const decision = this.#decisionOf.get(node) ?? 0;
    const seat = node.seat as 0 | 1;
    const { treeDepth, fullStrategy } = this.#spot.options;
    if (treeDepth !== null && depth > treeDepth) return { end: "omitted" };
    const probability = this.#numbers.probability(seat, decision);
    if (!fullStrategy && depth > 0 && !(probability >= LEAST_PROBABILITY)) {
      this.#nodesOmitted++;
      return { end: "omitted" };
    }
    const count = node.actions.length;
    const frequencies = node.actions.map((_, action) => this.#numbers.frequency(seat, decision, action, null));
    const shares = roundShares(
      frequencies.map(({ value }) => (Number.isNaN(value) ? 1 / count : value)),
      STRATEGY_DIGITS,
    );
    const base = this.#stakes.shift[seat] + this.#stakes.stacks[seat] - node.state.stacks[seat];
    const takers = node.actions.map((_, action) => this.#numbers.evOfTakers(seat, decision, action));
    const own = takers.reduce(
      (sum, { value }, action) => sum + (Number.isNaN(value) ? 0 : (value + base) * shares[action]),
      0,
    );
    const rounded = this.#roundEv(own) ?? 0;
    const other = this.#spot.players[seat === 0 ? 1 : 0];
    const raked = this.#stakes.root.rake !== undefined;
    const rake = (raked && this.#roundEv(this.#numbers.rake(seat, decision))) || 0;
    const classes = this.#classRows(node, decision, seat, base);
    return {
      player: this.#spot.players[seat],
      street: STREET_NAMES[node.state.street] ?? "river",
      pot: node.state.pot,
      to_call: Math.max(...node.state.bets) - node.state.bets[seat],
      probability: Number.isNaN(probability) ? 0 : Math.round(probability * 1e6) / 1e6,
      ev:
        probability > 0
          ? { [this.#spot.players[seat]]: rounded, [other]: this.#roundEv(node.state.pot - rake - rounded) ?? 0 }
          : null,
      ...(raked ? { rake } : {}),
      actions: node.actions.map((action, index) => ({
        action: action.type,
        amount: action.amount,
        to: action.to,
        all_in: action.allIn,
        frequency: shares[index],
        frequency_error: this.#doubt(frequencies[index], seat, decision, index, null),
        ev: this.#roundEv(takers[index].value + base),
        ev_error: errorOf(takers[index]),
        next: this.#next(node.children[index], depth + 1),
      })),
      ...(this.#spot.hero?.seat === seat ? { hero: this.#heroRow(node, decision, seat, base) } : {}),
      ...(classes.length > 0 ? { classes } : {}),
      ...this.#lockedMark(decision, seat),
      ...this.#combos(decision, seat),
    };
  }

  /** The mark of a decision with locked hands; what the other's cards leave of the range is not counted. */
  #lockedMark(decision: number, seat: 0 | 1): Pick<SolutionNode, "locked"> {
    const { locked, rootRows, ranges } = this.#game;
    if (!locked[seat].some((entry) => entry.decision === decision)) return {};
    const { count } = ranges[seat];
    const held = Uint8Array.from({ length: count }, (_, hand) =>
      this.#locked.at(seat, rootRows[seat][hand], decision) ? 1 : 0,
    );
    const { mark, bytes } = lockedHands(held, this.#reachOf(decision, seat), this.listed);
    this.#bytes += bytes;
    return mark;
  }

  /** Weight of each hand of a seat that its own play lets come to a decision. */
  #reachOf(decision: number, seat: 0 | 1): Float64Array {
    const { decisionNode, decisionSeat, firstChild, actionCount, nodeCount } = this.#block;
    const node = new Float64Array(nodeCount);
    return this.#game.ranges[seat].weights.map((weight, hand) => {
      node[0] = weight;
      for (let d = 0; d < decision; d++) {
        const own = decisionSeat[d] === seat;
        const shares = own ? this.#strategyOf(SUM_SET, d, seat, this.#game.rootRows[seat][hand]) : null;
        for (let action = 0; action < actionCount[d]; action++)
          node[firstChild[d] + action] = node[decisionNode[d]] * (shares?.[action] ?? 1);
      }
      return node[decisionNode[decision]];
    });
  }

  #classRows(node: DecisionNode, decision: number, seat: 0 | 1, base: number): HandClassRow[] {
    return this.#plan.classNames[seat].flatMap((name, group) => {
      const share = this.#numbers.share(seat, decision, group);
      if (!(share > 0)) return [];
      return [
        { class: name, share: Math.round(share * 1e5) / 1e5, ...this.#numbersOf(node, decision, seat, base, group) },
      ];
    });
  }

  #numbersOf(node: DecisionNode, decision: number, seat: 0 | 1, base: number, group: number): RowOfNumbers {
    const frequencies = node.actions.map((_, action) => this.#numbers.frequency(seat, decision, action, group));
    const evs = node.actions.map((_, action) => this.#numbers.ev(seat, decision, action, group));
    return {
      ...this.#equity(decision, group),
      frequency: roundShares(
        frequencies.map(({ value }) => (Number.isNaN(value) ? 1 / node.actions.length : value)),
        4,
      ),
      frequency_error: frequencies.map((each, action) => this.#doubt(each, seat, decision, action, group)),
      ev: evs.map(({ value }) => this.#roundEv(value + base)),
      ev_error: evs.map(errorOf),
    };
  }

  /** Equity of a class at the root; nothing at other decisions. */
  #equity(decision: number, group: number): Pick<RowOfNumbers, "equity" | "equity_error"> {
    if (decision > 0) return {};
    const equity = this.#numbers.equityOf(group);
    return Number.isNaN(equity.value) ? {} : { equity: roundEquity(equity.value), equity_error: errorOf(equity) };
  }

  /** The hero's row: his strategy is that of the tables, its error their spread over the replicates. */
  #heroRow(node: DecisionNode, decision: number, seat: 0 | 1, base: number): RowOfNumbers {
    const row = this.#game.rootRows[seat][this.#game.heroes[seat]];
    const measured = this.#numbersOf(node, decision, seat, base, this.#game.classCounts[seat] - 1);
    const sum = this.#strategyOf(SUM_SET, decision, seat, row);
    const each = Array.from({ length: REPLICATES }, (_, set) => this.#strategyOf(set, decision, seat, row));
    return {
      ...measured,
      frequency: roundShares(sum, STRATEGY_DIGITS),
      frequency_error: sum.map((_, action) => {
        const mean = each.reduce((total, shares) => total + shares[action], 0) / REPLICATES;
        const square = each.reduce((total, shares) => total + (shares[action] - mean) ** 2, 0);
        const error = Math.sqrt(square / (REPLICATES - 1) / REPLICATES);
        return this.#doubt({ value: mean, error }, seat, decision, action, this.#game.classCounts[seat] - 1);
      }),
    };
  }

  /** A frequency's error: the spread over the replicates, and what is still to change. */
  #doubt({ error }: Estimate, seat: 0 | 1, decision: number, action: number, group: number | null): number {
    return significant(Math.hypot(Number.isFinite(error) ? error : 0, this.#drift.of(seat, decision, action, group)));
  }

  #strategyOf(set: number, decision: number, seat: 0 | 1, row: number): readonly number[] {
    const given = this.#locked.at(seat, row, decision);
    if (given) return given;
    const sums = this.#sums[set][seat];
    const at = row * this.#block.rowLength[seat] + this.#block.rowOffset[decision];
    const actions = [...sums.subarray(at, at + this.#block.actionCount[decision])];
    const total = actions.reduce((sum, each) => sum + each, 0);
    return actions.map((each) => (total > 0 ? each / total : 1 / actions.length));
  }

  #combos(decision: number, seat: 0 | 1): Pick<SolutionNode, "strategy"> {
    if (!this.listed) return {};
    const { count } = this.#game.ranges[seat];
    const actions = this.#block.actionCount[decision];
    const bytes = count * actions * BYTES_PER_NUMBER;
    if (this.#bytes + bytes > LIST_BYTES) {
      this.#strategiesOmitted++;
      return {};
    }
    this.#bytes += bytes;
    const columns = Array.from({ length: actions }, () => new Float64Array(count));
    for (let hand = 0; hand < count; hand++) {
      this.#strategyOf(SUM_SET, decision, seat, this.#game.rootRows[seat][hand]).forEach((share, action) => {
        columns[action][hand] = share;
      });
    }
    return { strategy: roundStrategy(columns, STRATEGY_DIGITS) };
  }
}
