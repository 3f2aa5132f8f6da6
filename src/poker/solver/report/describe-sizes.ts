import { type BetSize, raisesText, SIZE_KINDS, SIZE_WORDS, type StreetSizes, sizeText } from "../betting/size-menu.js";
import type { PotLimitSizing } from "../betting/sizing.js";
import { sizesByPlayer } from "../plan/size-choice.js";
import type { Spot } from "../spot/spot.js";
import { type SolvedGame, type SolvedSize, STREET_NAMES } from "./solution.js";

/** The sizes of a game by street and player, in the form that a job gives them; nothing where fractions say it all. */
export function solvedSizes(spot: Spot, sizing: PotLimitSizing): Pick<SolvedGame, "sizes" | "all_in_threshold"> {
  if (!sizing.sizesByStreet) return {};
  const byPlayer = (sizes: readonly (readonly BetSize[])[]): Record<string, SolvedSize[]> =>
    Object.fromEntries(sizes.map((each, seat) => [spot.players[seat], each.map(solvedSize)]));
  return {
    sizes: playedStreets(sizing).map(({ bets, raises, donks }, offset) => ({
      street: STREET_NAMES[spot.street + offset] ?? "river",
      bets: byPlayer(bets),
      raises: byPlayer(raises),
      donks: byPlayer(donks),
    })),
    all_in_threshold: sizing.allInFrom ?? null,
  };
}

const solvedSize = (size: BetSize): SolvedSize =>
  typeof size !== "number" && size.geometric === null ? "geometric" : (size as SolvedSize);

/** Streets on which chips may be bet. */
const playedStreets = ({ sizesByStreet = [], bettingStreets }: PotLimitSizing): readonly StreetSizes[] =>
  sizesByStreet.slice(0, bettingStreets);

/** The bets and raises that were offered, as a sentence: on the root street, or where they differ on each. */
export function sizesOffered(spot: Spot, sizing: PotLimitSizing): string {
  const { fractionsByStreet, maxRaisesByStreet, allInFrom } = sizing;
  const raises = maxRaisesByStreet[0] ?? 0;
  const most = raises === 0 ? raisesText(0) : `${raisesText(raises)} a street`;
  if (!sizing.sizesByStreet) {
    const sizes = (fractionsByStreet[0] ?? []).map(sizeText).join(", ");
    return `bets and raises of ${sizes} of the pot after the call, ${most}`;
  }
  const streets = playedStreets(sizing).map(
    (menu, offset) => `${STREET_NAMES[spot.street + offset]}: ${streetText(menu, spot.players)}`,
  );
  const allIn =
    allInFrom === undefined ? "" : `; what would put in ${sizeText(allInFrom)} of a stack or more is all-in`;
  return `${streets.join("; ")}; sizes are parts of the pot after the call, ${most}${allIn}`;
}

function streetText(menu: StreetSizes, players: readonly number[]): string {
  return SIZE_KINDS.map((kind) => {
    const text = sizesByPlayer(menu[kind], players);
    return text === "" ? `no ${SIZE_WORDS[kind]}` : `${SIZE_WORDS[kind]} of ${text}`;
  }).join(", ");
}
