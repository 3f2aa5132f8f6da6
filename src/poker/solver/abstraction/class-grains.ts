/** Levels of blocking the strongest hands, and those in the middle, each as often as the others. */
export interface BlockerGrain {
  readonly top: number;
  readonly middle: number;
}

/** Before the river: classes of the mean share over the cards to come by number of boards, and bounds of its spread. */
export interface EarlyGrain {
  readonly shares: readonly number[];
  readonly spreads: readonly number[];
}

/** How finely hands are told apart. */
export interface Grain {
  /** Classes of the share that a hand beats on the river, by number of boards; finer at the top by this power. */
  readonly river: readonly number[];
  readonly power: number;
  readonly blockers: BlockerGrain;
  readonly turn: EarlyGrain & { readonly blockers: BlockerGrain };
  readonly root: EarlyGrain;
}

export type GrainName = "coarse" | "medium" | "fine";

export const GRAINS: Readonly<Record<GrainName, Grain>> = {
  coarse: {
    river: [0, 24, 8],
    power: 1.4,
    blockers: { top: 4, middle: 2 },
    turn: { shares: [0, 24, 8], spreads: [0.1, 0.18, 0.26], blockers: { top: 2, middle: 1 } },
    root: { shares: [0, 80, 20], spreads: [0.08, 0.13, 0.18, 0.23, 0.28] },
  },
  medium: {
    river: [0, 48, 20],
    power: 2,
    blockers: { top: 6, middle: 4 },
    turn: { shares: [0, 36, 16], spreads: [0.1, 0.17, 0.24], blockers: { top: 3, middle: 2 } },
    root: { shares: [0, 120, 40], spreads: [0.08, 0.13, 0.18, 0.23, 0.28] },
  },
  fine: {
    river: [0, 64, 20],
    power: 2,
    blockers: { top: 8, middle: 8 },
    turn: { shares: [0, 48, 16], spreads: [0.1, 0.15, 0.2, 0.26], blockers: { top: 5, middle: 3 } },
    root: { shares: [0, 300, 40], spreads: [0.06, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3] },
  },
};
