import { type BetSize, mainSize, SIZE_KINDS, SIZE_WORDS, type StreetSizes, sizeText } from "../betting/size-menu.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import type { Spot } from "../spot/spot.js";

/** On which streets one size stands for all that are asked for; null: all stay. */
export interface SizeCut {
  readonly root: 1 | null;
  readonly later: 1 | null;
}

/** How often and how long may be bet: of this street and of later ones. */
export interface BettingCaps {
  readonly maxRaises: readonly [root: number, later: number];
  /** Streets, from the root's on, on which chips may be bet. */
  readonly bettingStreets: number;
}

const STREET_WORDS = ["preflop", "on the flop", "on the turn", "on the river"];

/** A spot's sizes, or one for all where a cut says so. */
export function chooseSizes(spot: Spot, cut: SizeCut, { maxRaises, bettingStreets }: BettingCaps): PotLimitSizing {
  const { betSizes, sizes } = spot.options;
  const common = { kind: "pot-limit", maxRaisesByStreet: maxRaises, bettingStreets } as const;
  if (sizes === null) {
    const pick = (count: 1 | null): readonly number[] => (count === null ? betSizes : [Math.max(...betSizes)]);
    return { ...common, fractionsByStreet: [pick(cut.root), pick(cut.later)] };
  }
  const sizesByStreet = sizes.byStreet.map((menu, offset) => (isCut(cut, offset) ? mainSizes(menu) : menu));
  return {
    ...common,
    fractionsByStreet: sizesByStreet.map(fractionsOf),
    sizesByStreet,
    ...(sizes.allInFrom === null ? {} : { allInFrom: sizes.allInFrom }),
  };
}

/** What a cut leaves out of the sizes asked for, one sentence for each part of the hand. */
export function sizesGivenUp(spot: Spot, cut: SizeCut): { readonly root: string[]; readonly later: string[] } {
  const { betSizes, sizes } = spot.options;
  if (sizes === null) {
    const only = (where: string, count: 1 | null): string[] =>
      count !== null && betSizes.length > 1
        ? [`only one bet size on ${where}: ${Math.max(...betSizes)} of the pot`]
        : [];
    return { root: only("this street", cut.root), later: only("later streets", cut.later) };
  }
  const all = sizes.byStreet.map((menu, offset) => (isCut(cut, offset) ? leftOut(spot, menu, offset) : []));
  return { root: all[0] ?? [], later: all.slice(1).flat() };
}

const isCut = (cut: SizeCut, offset: number): boolean => (offset === 0 ? cut.root : cut.later) !== null;

function mainSizes({ bets, raises, donks }: StreetSizes): StreetSizes {
  return { bets: bets.map(mainSize), raises: raises.map(mainSize), donks: donks.map(mainSize) };
}

function fractionsOf(menu: StreetSizes): number[] {
  const all = SIZE_KINDS.flatMap((kind) => menu[kind].flat());
  return [...new Set(all.filter((size) => typeof size === "number"))].sort((a, b) => a - b);
}

function leftOut(spot: Spot, menu: StreetSizes, offset: number): string[] {
  const dropped = SIZE_KINDS.flatMap((kind) => {
    const less = menu[kind].map((sizes) => sizes.filter((size) => !mainSize(sizes).includes(size)));
    const text = sizesByPlayer(less, spot.players);
    return text === "" ? [] : [`${SIZE_WORDS[kind]} of ${text}`];
  });
  if (dropped.length === 0) return [];
  return [`one size stands for several ${STREET_WORDS[spot.street + offset]}: given up are ${dropped.join(", ")}`];
}

/** "50 %, 100 %", or where players differ "50 % (player 0), 75 % (player 1)"; "" where nobody has any. */
export function sizesByPlayer(sizes: readonly (readonly BetSize[])[], players: readonly number[]): string {
  const texts = sizes.map((each) => each.map(sizeText).join(", "));
  if (texts.every((text) => text === texts[0])) return texts[0] ?? "";
  return texts.flatMap((text, seat) => (text === "" ? [] : [`${text} (player ${players[seat]})`])).join(", ");
}
