import { SolverInputError } from "../../errors.js";

/** Betting rounds by number: 0 preflop, 1 flop, 2 turn, 3 river. Toy games may use fewer. */
export type StreetIndex = number;

/** What the house takes of every pot: a rule of the table, the same in every state of a hand. */
export interface Rake {
  /** Percent of the pot, above 0. */
  readonly percent: number;
  /** Chips that are taken at most; null without a bound. */
  readonly cap: number | null;
  /** Nothing is taken of a hand that ends before the flop. */
  readonly noFlopNoDrop: boolean;
  /** Largest bet on the root street of a player who folded before the root: it calls a part of the others' bets. */
  readonly foldedBet: number;
}

/**
 * One moment of a betting round. Seats are numbered in order of action on the street, so seat 0 is first to act.
 * Amounts are chips; every array is indexed by seat.
 */
export interface BettingState {
  readonly street: StreetIndex;
  /** All chips in the middle, those bet on this street included. */
  readonly pot: number;
  /** Chips put in on this street. */
  readonly bets: readonly number[];
  /** Chips behind. */
  readonly stacks: readonly number[];
  readonly folded: readonly boolean[];
  /** Seats that must still act before the round can close. */
  readonly pending: readonly boolean[];
  /** Bet level a seat faced when it last acted on this street; -1 when it has not acted. */
  readonly actedLevel: readonly number[];
  /** Size of the last full bet or raise on this street: what a raise must at least add. */
  readonly minRaise: number;
  /** Bets and raises made on this street beyond the first bet. */
  readonly raises: number;
  /** Amounts are multiples of 1 / scale; see {@link chipScale}. The same in every state of a hand. */
  readonly scale: number;
  /** The same in every state of a hand; absent where the house takes nothing. */
  readonly rake?: Rake;
}

export type ActionType = "fold" | "check" | "call" | "bet" | "raise";

export interface BettingAction {
  readonly type: ActionType;
  /** Chips the player adds with this action. */
  readonly amount: number;
  /** The player's total on this street afterwards. */
  readonly to: number;
  /** The player has no chips left afterwards. */
  readonly allIn: boolean;
}

/** Relative slack for comparing chip amounts that were computed from fractions. */
const CHIP_EPSILON = 1e-9;
const FEWEST_DECIMALS = 6;
const MOST_DECIMALS = 20;
/** Digits kept of a pot that is small. */
const POT_DIGITS = 9;

/** Grid of a hand's amounts by the pot at its root: six decimals, more where a chip is a small coin. */
export function chipScale(rootPot: number): number {
  const decimals = POT_DIGITS - 1 - Math.floor(Math.log10(rootPot));
  return 10 ** Math.min(MOST_DECIMALS, Math.max(FEWEST_DECIMALS, decimals));
}

/** Chips on a grid of `1 / scale`: far below any real chip, far above the noise of binary fractions. */
export function roundChips(chips: number, scale: number): number {
  return Math.round(chips * scale) / scale;
}

/** True when two amounts differ by no more than rounding noise. */
export function sameChips(a: number, b: number): boolean {
  return Math.abs(a - b) <= CHIP_EPSILON * Math.max(Math.abs(a), Math.abs(b));
}

/** Chips below which a difference is noise. */
function noise({ scale }: BettingState): number {
  return 1e-3 / scale;
}

/** The amount every player must match on this street. */
export function betLevel(state: BettingState): number {
  return Math.max(0, ...state.bets);
}

function opponentsWithChips(state: BettingState, seat: number): boolean {
  return state.stacks.some((stack, other) => other !== seat && !state.folded[other] && stack > 0);
}

function mustAct(state: BettingState, seat: number): boolean {
  if (!state.pending[seat] || state.folded[seat] || state.stacks[seat] <= 0) return false;
  return betLevel(state) > state.bets[seat] || opponentsWithChips(state, seat);
}

/**
 * The seat to act, searched from `from` round the table, or -1 when the betting round is over.
 */
export function nextToAct(state: BettingState, from: number): number {
  const seats = state.bets.length;
  if (state.folded.filter((folded) => !folded).length <= 1) return -1;
  for (let step = 0; step < seats; step++) {
    const seat = (from + step) % seats;
    if (mustAct(state, seat)) return seat;
  }
  return -1;
}

/** Chips the seat must add to call, cut to its stack. */
export function callAmount(state: BettingState, seat: number): number {
  return Math.min(roundChips(betLevel(state) - state.bets[seat], state.scale), state.stacks[seat]);
}

/** The bounds of a bet or raise, as totals on the street ("raise to"), or null when none is allowed. */
export interface RaiseBounds {
  /** Smallest total of a full bet or raise; a stack that cannot reach it may still go all-in. */
  readonly minTo: number;
  /** Pot limit: level + pot after calling. */
  readonly potTo: number;
  /** The most the seat can put in: its stack, cut to what an opponent can still call. */
  readonly stackTo: number;
}

/**
 * Pot-limit bounds for `seat`. The largest raise-by is the pot after calling. Raising is closed when the seat has
 * already acted and faces less than a full raise since (a short all-in does not reopen the betting), and when no
 * opponent has chips left to answer with.
 */
export function raiseBounds(state: BettingState, seat: number): RaiseBounds | null {
  const level = betLevel(state);
  const own = state.bets[seat];
  const stack = state.stacks[seat];
  const toCall = level - own;
  if (stack <= toCall + noise(state) || !opponentsWithChips(state, seat)) return null;
  const acted = state.actedLevel[seat];
  if (acted >= 0 && level - acted < state.minRaise * (1 - CHIP_EPSILON)) return null;
  let reach = 0;
  for (let other = 0; other < state.bets.length; other++) {
    if (other === seat || state.folded[other]) continue;
    reach = Math.max(reach, state.bets[other] + state.stacks[other]);
  }
  const stackTo = roundChips(Math.min(own + stack, reach), state.scale);
  if (stackTo <= level + noise(state)) return null;
  const potTo = roundChips(level + state.pot + toCall, state.scale);
  return { minTo: roundChips(level + state.minRaise, state.scale), potTo, stackTo };
}

/**
 * The state after `seat` has acted. The action's amount is trusted to be legal: it comes from `legalActions`, or from
 * a history that was checked by its reader.
 *
 * @throws SolverInputError when the amount exceeds the stack.
 */
export function applyAction(state: BettingState, seat: number, action: BettingAction): BettingState {
  const stack = state.stacks[seat];
  if (action.amount > stack + noise(state)) {
    throw new SolverInputError(`seat ${seat} cannot put in ${action.amount}: only ${stack} behind`);
  }
  const level = betLevel(state);
  const replace = <T>(list: readonly T[], value: T): T[] => list.map((old, index) => (index === seat ? value : old));
  const aggressive = action.to > level + noise(state);
  const raisedBy = action.to - level;
  const full = aggressive && raisedBy >= state.minRaise * (1 - CHIP_EPSILON);
  const round = (chips: number): number => roundChips(chips, state.scale);
  const pending = state.pending.map((waiting, other) => (other === seat ? false : aggressive ? true : waiting));
  return {
    street: state.street,
    pot: round(state.pot + action.amount),
    bets: replace(state.bets, round(state.bets[seat] + action.amount)),
    stacks: replace(state.stacks, Math.max(0, round(stack - action.amount))),
    folded: action.type === "fold" ? replace(state.folded, true) : state.folded,
    pending,
    actedLevel: replace(state.actedLevel, Math.max(level, action.to)),
    minRaise: full ? round(raisedBy) : state.minRaise,
    raises: aggressive && level > 0 ? state.raises + 1 : state.raises,
    scale: state.scale,
    ...(state.rake ? { rake: state.rake } : {}),
  };
}

/** The first moment of the next street: bets swept into the pot, everyone with chips still to act. */
export function nextStreet(state: BettingState, minBet: number): BettingState {
  const seats = state.bets.length;
  return {
    street: state.street + 1,
    pot: state.pot,
    bets: new Array<number>(seats).fill(0),
    stacks: state.stacks,
    folded: state.folded,
    pending: state.folded.map((folded) => !folded),
    actedLevel: new Array<number>(seats).fill(-1),
    minRaise: minBet,
    raises: 0,
    scale: state.scale,
    ...(state.rake ? { rake: state.rake } : {}),
  };
}
