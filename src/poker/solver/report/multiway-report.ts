import type { DecisionNode } from "../betting/betting-tree.js";
import type { FinalMeasurement } from "../multiway/gain-meter.js";
import type { TableSample } from "../multiway/measure.js";
import type { MultiwayState } from "../multiway/multiway-state.js";
import type { ActionMeans } from "../multiway/root-street.js";
import { heroHand, type MultiwayPlan } from "../plan/multiway-plan.js";
import type { Spot } from "../spot/spot.js";
import { lockedHands } from "./describe-locks.js";
import { classifierOf, type HandClasses } from "./hand-classes.js";
import { evRounder, type RoundEv, roundShares, roundStrategy } from "./numbers.js";
import { SampledPlay } from "./sampled-play.js";
import {
  actionLabel,
  endOfLine,
  type HandClassRow,
  type HeroAnswer,
  type SolutionNext,
  type SolutionNode,
  STREET_NAMES,
} from "./solution.js";

const DEFAULT_BYTES = 1_750_000;
const FULL_BYTES = 64_000_000;
const BYTES_PER_COMBO = 24;
/** Nodes that play reaches more rarely are left out of the default result. */
const LEAST_PROBABILITY = 2e-4;
const BYTES_PER_NUMBER = 7;
const BYTES_PER_NODE = 900;

/** The root street of a sampled solution as a nested tree. */
export class MultiwayReport {
  readonly #spot: Spot;
  readonly #plan: MultiwayPlan;
  readonly #state: MultiwayState;
  readonly #table: TableSample;
  readonly #play: SampledPlay;
  readonly #hero: number;
  readonly #roundEv: RoundEv;
  readonly #heroMeans: ActionMeans | null;
  readonly #format: (cards: readonly number[]) => string;
  #bytes: number;
  #strategiesOmitted = 0;
  #nodesOmitted = 0;

  constructor(
    spot: Spot,
    plan: MultiwayPlan,
    state: MultiwayState,
    measured: Pick<FinalMeasurement, "samples" | "values" | "table" | "hero">,
    format: (cards: readonly number[]) => string,
  ) {
    this.#spot = spot;
    this.#plan = plan;
    this.#state = state;
    this.#play = new SampledPlay(state, plan.ranges, measured);
    this.#table = measured.table;
    this.#heroMeans = measured.hero;
    this.#format = format;
    this.#hero = heroHand(spot, plan);
    this.#roundEv = evRounder(spot.root.state.pot);
    this.#bytes = plan.ranges.reduce((sum, { hands }) => sum + hands.count * BYTES_PER_COMBO, 0);
  }

  build(): SolutionNode {
    return this.#decision(0, 0) as SolutionNode;
  }

  get omitted(): string[] {
    const notes: string[] = [];
    if (this.#plan.laterClasses > 0)
      notes.push("play on later streets, which is trained by classes of hands and serves the values of this street");
    if (this.#strategiesOmitted > 0) {
      notes.push(
        `combo strategies of ${this.#strategiesOmitted} nodes: the result would be too large (full_strategy shows more)`,
      );
    }
    if (this.#nodesOmitted > 0)
      notes.push(`${this.#nodesOmitted} branches that are hardly ever reached (full_strategy shows more)`);
    return notes;
  }

  /** Expected chips of each player; they sum to the pot after rake. */
  rootEvs(): Record<string, number> {
    return this.#evs(0, 1);
  }

  /** Chips that the house is expected to take. */
  rootRake(): number {
    return this.#roundEv(this.#rake(0, 1)) ?? 0;
  }

  /** What the players together are expected to lose to the house from a node on. */
  #rake(node: number, probability: number): number {
    const { tree } = this.#state;
    if (!this.#spot.root.state.rake) return 0;
    const from = node * tree.seats;
    const kept = this.#spot.players.reduce(
      (sum, _, seat) => sum + this.#table.chips[from + seat] / probability + tree.put[from + seat],
      0,
    );
    return tree.nodes[node].state.pot - kept;
  }

  hero(root: SolutionNode): HeroAnswer | null {
    if (!this.#spot.hero || this.#hero < 0) return null;
    const row = root.hero;
    const actions =
      row &&
      root.actions.map((action, index) => ({
        label: actionLabel(action),
        frequency: row.frequency[index],
        ev: row.ev[index],
        standard_error: this.#heroMeans && this.#roundEv(this.#heroMeans.standardErrors[index]),
      }));
    return {
      player: this.#spot.players[this.#spot.hero.seat],
      hand: this.#format(this.#spot.hero.cards),
      index: this.#hero,
      actions: actions ?? null,
      ev: actions ? this.#roundEv(actions.reduce((sum, action) => sum + action.frequency * (action.ev ?? 0), 0)) : null,
    };
  }

  /** EVs by player at a node, measured from the chips behind there; rounding is settled with the last player. */
  #evs(node: number, probability: number): Record<string, number> {
    const { tree } = this.#state;
    const evs = this.#spot.players.map((_, seat) => {
      const put = tree.put[node * tree.seats + seat];
      return this.#roundEv(this.#table.chips[node * tree.seats + seat] / probability + put) ?? 0;
    });
    const pot = tree.nodes[node].state.pot - (this.#roundEv(this.#rake(node, probability)) ?? 0);
    const rest = evs.reduce((sum, ev) => sum + ev, 0) - pot;
    return Object.fromEntries(
      this.#spot.players.map((player, seat) => {
        const ev = evs[seat];
        return [player, seat === evs.length - 1 ? (this.#roundEv(ev - rest) ?? 0) : ev];
      }),
    );
  }

  #next(node: number, depth: number): SolutionNext {
    const at = this.#state.tree.nodes[node];
    return at.kind === "decision" ? this.#decision(node, depth) : endOfLine(at, this.#spot.players);
  }

  #decision(node: number, depth: number): SolutionNext {
    const { tree } = this.#state;
    const { treeDepth, fullStrategy } = this.#spot.options;
    const limit = fullStrategy ? FULL_BYTES : DEFAULT_BYTES;
    if (treeDepth !== null && depth > treeDepth) return { end: "omitted" };
    const rare = !fullStrategy && node > 0 && this.#table.probability[node] < LEAST_PROBABILITY;
    if (rare || this.#bytes + BYTES_PER_NODE > limit) {
      this.#nodesOmitted++;
      return { end: "omitted" };
    }
    this.#bytes += BYTES_PER_NODE;
    const at = tree.nodes[node] as DecisionNode;
    const probability = this.#table.probability[node];
    const first = tree.firstChild[node];
    const strategy = this.#play.strategy(node);
    const own = this.#play.weights(node);
    const shares = at.actions.map((_, action) =>
      probability > 0 ? this.#table.probability[first + action] / probability : 1 / at.actions.length,
    );
    const frequency = roundShares(shares, 5);
    const combos = this.#combos(strategy, limit);
    const actions = at.actions.map((action, index) => ({
      action: action.type,
      amount: action.amount,
      to: action.to,
      all_in: action.allIn,
      frequency: frequency[index],
      ev: this.#actionEv(node, first + index, at.seat),
      next: this.#next(first + index, depth + 1),
    }));
    const hero = this.#spot.hero?.seat === at.seat && this.#hero >= 0 ? this.#heroRow(node, strategy) : null;
    const classes = this.#classRows(node, strategy, own);
    const { mark, bytes } = lockedHands(this.#lockedAt(node, own.length), own, combos.strategy !== undefined);
    this.#bytes += bytes;
    return {
      player: this.#spot.players[at.seat],
      street: STREET_NAMES[at.state.street] ?? "river",
      pot: at.state.pot,
      to_call: Math.max(...at.state.bets) - at.state.bets[at.seat],
      probability: Math.round(probability * 1e6) / 1e6,
      ev: probability > 0 ? this.#evs(node, probability) : null,
      ...(this.#spot.root.state.rake
        ? { rake: probability > 0 ? (this.#roundEv(this.#rake(node, probability)) ?? 0) : 0 }
        : {}),
      actions,
      ...(hero ? { hero } : {}),
      ...(classes.length > 0 ? { classes } : {}),
      ...mark,
      ...combos,
    };
  }

  #lockedAt(node: number, count: number): Uint8Array | null {
    if (this.#state.locked === null) return null;
    const held = Uint8Array.from({ length: count }, (_, hand) => (this.#state.isLocked(node, hand) ? 1 : 0));
    return held.includes(1) ? held : null;
  }

  /** Mean chips of the seat when it takes the action that leads to `child`, from the chips behind at `node`. */
  #actionEv(node: number, child: number, seat: number): number | null {
    const { tree } = this.#state;
    const probability = this.#table.probability[child];
    if (!(probability > 0)) return null;
    const put = tree.put[node * tree.seats + seat];
    return this.#roundEv(this.#table.chips[child * tree.seats + seat] / probability + put);
  }

  #heroRow(node: number, strategy: readonly Float64Array[]): NonNullable<SolutionNode["hero"]> {
    const { tree } = this.#state;
    const seat = tree.seat[node];
    const first = tree.firstChild[node];
    return {
      frequency: roundShares(
        strategy.map((column) => column[this.#hero]),
        5,
      ),
      ev: strategy.map((_, action) =>
        this.#roundEv(
          node === 0 && this.#heroMeans
            ? this.#heroMeans.chips[action]
            : this.#play.handEv(node, first + action, seat, this.#hero),
        ),
      ),
    };
  }

  #combos(strategy: readonly Float64Array[], limit: number): Pick<SolutionNode, "strategy"> {
    const bytes = strategy.length * strategy[0].length * BYTES_PER_NUMBER;
    if (this.#bytes + bytes > limit) {
      this.#strategiesOmitted++;
      return {};
    }
    this.#bytes += bytes;
    return { strategy: roundStrategy(strategy, 5) };
  }

  #classRows(node: number, strategy: readonly Float64Array[], weights: Float64Array): HandClassRow[] {
    const { tree } = this.#state;
    const seat = tree.seat[node];
    const first = tree.firstChild[node];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0)) return [];
    const classes = this.#classes(seat);
    return classes.names.flatMap((name, index) => {
      const members = Array.from(weights.keys()).filter((hand) => classes.of[hand] === index && weights[hand] > 0);
      const share = members.reduce((sum, hand) => sum + weights[hand], 0);
      if (!(share > 0)) return [];
      const mean = (of: (hand: number) => number): number =>
        members.reduce((sum, hand) => sum + weights[hand] * of(hand), 0) / share;
      return [
        {
          class: name,
          share: Math.round((share / total) * 1e5) / 1e5,
          frequency: roundShares(
            strategy.map((column) => mean((hand) => column[hand])),
            4,
          ),
          ev: strategy.map((_, action) =>
            this.#roundEv(mean((hand) => this.#play.handEv(node, first + action, seat, hand))),
          ),
        },
      ];
    });
  }

  readonly #classesBySeat = new Map<number, HandClasses>();

  #classes(seat: number): HandClasses {
    const known = this.#classesBySeat.get(seat);
    if (known) return known;
    const classes = classifierOf(this.#spot)(this.#plan.ranges[seat].hands);
    this.#classesBySeat.set(seat, classes);
    return classes;
  }
}
