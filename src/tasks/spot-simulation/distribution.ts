import { machine } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { formatCards } from "../../poker/cards.js";
import { listHands } from "../../poker/equity/assignments.js";
import type { SeatedDeal } from "../../poker/equity/deal.js";
import { completionsOfLists, emptyTallies, type HandTallies } from "../../poker/equity/list-showdowns.js";
import { planSpot } from "./experiment.js";
import { expandRanges, type SpotServices, sharedTables } from "./simulate-spot.js";
import type { SpotInput } from "./spot-input.js";

/** A hand of a range with its equity against the other player's range. */
export interface HandEquity {
  readonly hand: string;
  /** Deals that the hand is part of, times its weight: how much it counts. */
  readonly deals: number;
  /** Share of the whole pot, 0 to 1. */
  readonly equity: number;
}

/** How the equities of a range's hands are spread. */
export interface EquityDistribution {
  readonly player_number: number;
  /** Mean over the hands, by how much they count: the player's equity. */
  readonly mean: number;
  /** Share of the hands in each of twenty equal intervals of equity; the last one holds 1 too. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly share: number }[];
  /** Equity that this share of the hands has at most. */
  readonly ecdf: readonly { readonly share: number; readonly equity: number }[];
  /** From the lowest equity to the highest. */
  readonly hands: readonly HandEquity[];
}

const BINS = 20;
const QUANTILES = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1];
const COMPLETIONS_PER_CHUNK = 8;

/**
 * The equity of every hand of two ranges, counted exactly.
 * @throws JobInputError for a spot that this cannot be counted for
 */
export async function equityDistributions(
  input: SpotInput,
  services: Pick<SpotServices, "compute" | "signal">,
): Promise<EquityDistribution[]> {
  const { actual } = planSpot(input, await expandRanges(input, services.compute));
  const { deal } = actual;
  refuseOthers(input, deal);
  const tables = await sharedTables(services.compute);
  const perBoard: (readonly [HandTallies, HandTallies])[] = [];
  for (const [b, board] of deal.boards.entries()) {
    const other = deal.boards.filter((_, index) => index !== b).flat();
    const alone = { ...deal, boards: [board], dead: [...deal.dead, ...other] };
    perBoard.push(await tally(alone, tables, services));
  }
  return deal.seats.map((_, player) => {
    const number = input.players[player]?.playerNumber ?? player + 1;
    const tallies = perBoard.flatMap((both) => both[player] ?? []);
    return distributionOf(number, handsOf(deal, player, tallies));
  });
}

function refuseOthers({ players, handSize, boards }: SpotInput, deal: SeatedDeal): void {
  if (players.length > 2 || handSize !== 4 || boards.some((board) => board.length < 3)) {
    throw new JobInputError(
      "distributions are counted for one or two players with hands of four cards, from the flop on",
    );
  }
  if (deal.seats.some((seat) => seat.kind === "range" && seat.hands.weights !== undefined)) {
    throw new JobInputError("distributions need weights that are multiples of a hundredth of the largest");
  }
}

async function tally(
  deal: SeatedDeal,
  tables: Awaited<ReturnType<typeof sharedTables>>,
  { compute, signal }: Pick<SpotServices, "compute" | "signal">,
): Promise<readonly [HandTallies, HandTallies]> {
  const sizes = deal.seats.map((_, player) => listHands(deal, player).count);
  const sum = [emptyTallies(sizes[0] ?? 0), emptyTallies(sizes[1] ?? 0)] as const;
  const completions = completionsOfLists(deal);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < completions) {
      signal.throwIfAborted();
      const from = next;
      next += COMPLETIONS_PER_CHUNK;
      const output = await compute({ kind: "tally", tables, deal, from, to: from + COMPLETIONS_PER_CHUNK });
      if (output.kind !== "tallied") throw new Error(`asked for tallies, got ${output.kind}`);
      sum.forEach((into, player) => {
        const counted = output.tallies[player];
        if (counted !== undefined) add(into, counted);
      });
    }
  };
  await Promise.all(Array.from({ length: machine().cpus + 1 }, lane));
  return sum;
}

function add(into: HandTallies, counted: HandTallies): void {
  for (const key of ["wins", "notLost", "all"] as const) {
    const values = counted[key];
    into[key].forEach((value, hand) => {
      into[key][hand] = value + (values[hand] ?? 0);
    });
  }
}

/** Hands that stand several times for their weight become one. */
function handsOf(deal: SeatedDeal, player: number, tallies: readonly HandTallies[]): HandEquity[] {
  const { cards, count } = listHands(deal, player);
  const found = new Map<string, { deals: number; worth: number }>();
  for (let hand = 0; hand < count; hand++) {
    const own = Array.from(cards.subarray(hand * 4, hand * 4 + 4)).sort((a, b) => b - a);
    const entry = found.get(formatCards(own)) ?? { deals: 0, worth: 0 };
    // Boards count alike, however many completions each has.
    const deals = tallies[0]?.all[hand] ?? 0;
    const equities = tallies.map(({ wins, notLost, all }) => {
      return ((wins[hand] ?? 0) + (notLost[hand] ?? 0)) / 2 / (all[hand] ?? 0);
    });
    if (deals > 0) {
      entry.deals += deals;
      entry.worth += (deals * equities.reduce((sum, equity) => sum + equity, 0)) / equities.length;
    }
    found.set(formatCards(own), entry);
  }
  return [...found]
    .filter(([, { deals }]) => deals > 0)
    .map(([hand, { deals, worth }]) => ({ hand, deals, equity: worth / deals }))
    .sort((a, b) => a.equity - b.equity);
}

/** The distribution of hands in order of their equities. */
function distributionOf(playerNumber: number, hands: readonly HandEquity[]): EquityDistribution {
  const whole = hands.reduce((sum, { deals }) => sum + deals, 0);
  const shares = new Array<number>(BINS).fill(0);
  for (const { equity, deals } of hands) {
    const bin = Math.min(BINS - 1, Math.floor(equity * BINS));
    shares[bin] = (shares[bin] ?? 0) + deals / whole;
  }
  const quantile = (share: number): number => {
    let reached = 0;
    for (const { equity, deals } of hands) {
      reached += deals / whole;
      if (reached >= share - 1e-12) return equity;
    }
    return hands.at(-1)?.equity ?? 0;
  };
  return {
    player_number: playerNumber,
    mean: hands.reduce((sum, { equity, deals }) => sum + equity * deals, 0) / whole,
    histogram: shares.map((share, bin) => ({ from: bin / BINS, to: (bin + 1) / BINS, share })),
    ecdf: QUANTILES.map((share) => ({ share, equity: quantile(share) })),
    hands,
  };
}
