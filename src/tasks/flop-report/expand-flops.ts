import type { Card } from "../../poker/cards.js";
import { PokerError } from "../../poker/errors.js";
import { drawFlops, flopClasses, type WeightedFlop } from "../../poker/flops.js";
import { Random } from "../../poker/random.js";
import type { HandSet } from "../../poker/solver/game/hand-set.js";
import { mapHands } from "../../poker/solver/spot/canonical-suits.js";
import { expandSpec, namesNoSuit, type RangeSpec } from "../../poker/solver/spot/range-hands.js";
import { mapCards, SUIT_MAPS, type SuitMap } from "../../poker/suits.js";
import type { SolverInput } from "../solver-analysis/solver-input.js";
import { type FlopChoice, flopText } from "./report-input.js";

const IDENTITY: SuitMap = [0, 1, 2, 3];

/** What is asked, of a spot on any of its flops. */
export interface ExpandInput {
  readonly spot: SolverInput;
  readonly choice: FlopChoice;
  readonly boards: number;
}

export interface PlannedFlop {
  readonly flop: string;
  readonly weight: number;
}

/**
 * The flops that are to be solved, equal ones once. Takes up to some seconds for wide ranges that tell suits apart: runs
 * in a worker thread.
 *
 * @throws PokerError for a range that cannot be read, or more flops than there are
 */
export function expandFlops({ spot, choice, boards }: ExpandInput): PlannedFlop[] {
  const dead = spot.heroCards ?? [];
  return flopsOf(choice).map(({ boards: flop, weight }) => ({ flop: flopText(flop), weight }));

  function flopsOf(asked: FlopChoice): readonly WeightedFlop[] {
    switch (asked.kind) {
      case "listed":
        return asked.flops;
      case "all":
        return flopClasses(symmetriesOf(spot), dead);
      case "sample":
        return drawFlops(asked.count, { boards, symmetries: symmetriesOf(spot), dead, seed: asked.seed });
    }
  }
}

/** Renamings of suits under which the hero's hand and every range stay what they are. */
function symmetriesOf({ state, ranges, handSize, heroCards, options }: SolverInput): SuitMap[] {
  const hero = heroCards && [...heroCards].sort((a, b) => a - b).join();
  let maps = SUIT_MAPS.filter((map) => heroCards === null || mapCards(heroCards, map).join() === hero);
  ranges.forEach((spec, seat) => {
    const place = `player_ranges.${state.activePlayers[seat]}`;
    if (namesNoSuit(spec, handSize, place) || maps.length === 1) return;
    const hands = handsOf(spec, place);
    if (hands === null) {
      maps = [IDENTITY];
      return;
    }
    const as = mapHands(hands, IDENTITY);
    maps = maps.filter((map) => {
      const mapped = mapHands(hands, map);
      return equal(mapped.cards, as.cards) && equal(mapped.weights, as.weights);
    });
  });
  return maps;

  /** Null where the hands depend on the flop: categories beside named suits. */
  function handsOf(spec: RangeSpec, place: string): HandSet | null {
    const random = Random.fromSeed(options.seed);
    const setting = {
      place,
      handSize,
      street: state.street,
      dead: new Set<Card>(),
      heroCards: null,
      mayDraw: false,
      random,
    };
    try {
      return expandSpec(spec, { ...setting, boards: [] }).hands;
    } catch (error) {
      if (error instanceof PokerError) return null;
      throw error;
    }
  }
}

function equal(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  return one.length === other.length && Array.prototype.every.call(one, (value, at) => value === other[at]);
}
