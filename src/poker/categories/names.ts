/** Groups in which the categories are listed. */
export type CategoryGroup = "made" | "draw" | "blocker";

/** What a category is, for people. */
export interface CategoryEntry {
  readonly name: string;
  readonly group: CategoryGroup;
  readonly meaning: string;
  /** Other names of the same. */
  readonly aliases: readonly string[];
}

const entry = (group: CategoryGroup, names: string, meaning: string): CategoryEntry => {
  const [name = "", ...aliases] = names.split(" ");
  return { name, group, meaning, aliases };
};

/** All categories. A hand's made category goes by its best five cards, two of the hand and three of the board. */
export const CATEGORY_LIST: readonly CategoryEntry[] = [
  entry("made", "nuts", "the strongest hand that the board allows"),
  entry("made", "secondnuts 2ndnuts", "the second strongest that the board allows"),
  entry("made", "straightflush sf", "a straight flush"),
  entry("made", "quads", "four of a kind"),
  entry("made", "fullhouse full boat", "a full house"),
  entry("made", "nutfullhouse nutfull", "the best full house that the board allows"),
  entry("made", "secondfullhouse secondfull 2ndfull", "the second best"),
  entry("made", "thirdfullhouse thirdfull 3rdfull", "the third best"),
  entry("made", "flush", "a flush"),
  entry("made", "nutflush", "the best flush that the board allows"),
  entry("made", "secondflush 2ndflush", "the second best"),
  entry("made", "thirdflush 3rdflush", "the third best"),
  entry("made", "straight", "a straight"),
  entry("made", "nutstraight", "the best straight that the board allows"),
  entry("made", "secondstraight 2ndstraight", "the second best"),
  entry("made", "thirdstraight 3rdstraight", "the third best"),
  entry("made", "threeofakind", "three of a kind: a set or trips"),
  entry("made", "set", "three of a kind with a pocket pair"),
  entry("made", "topset", "a set of the board's highest rank"),
  entry("made", "middleset midset", "a set of neither the highest nor the lowest rank"),
  entry("made", "bottomset", "a set of the board's lowest rank"),
  entry("made", "trips", "three of a kind with a pair or three of a kind on the board"),
  entry("made", "twopair", "two pair, a pair on the board counted"),
  entry("made", "toptwo toptwopair", "two pair of the board's two highest ranks, with two cards of the hand"),
  entry(
    "made",
    "topandbottom topbottom",
    "two pair of the board's highest and lowest rank, with two cards of the hand",
  ),
  entry("made", "bottomtwo bottomtwopair", "two pair of the board's two lowest ranks, with two cards of the hand"),
  entry("made", "pair", "one pair that is not the board's"),
  entry("made", "overpair", "a pocket pair above the board"),
  entry("made", "toppair", "a pair of the board's highest rank"),
  entry("made", "secondpair 2ndpair", "a pair of the board's second rank"),
  entry("made", "thirdpair 3rdpair", "a pair of the board's third rank"),
  entry("made", "bottompair", "a pair of the board's lowest rank"),
  entry("made", "underpair", "a pocket pair that is on no card of the board and below the highest"),
  entry("made", "air nothing", "no pair but the board's"),
  entry("draw", "fd flushdraw", "two cards of a suit that the board has two of (flop and turn)"),
  entry("draw", "nfd nutflushdraw", "a flush draw with the highest card of the suit that is not on the board"),
  entry(
    "draw",
    "secondfd 2ndfd secondflushdraw",
    "a flush draw whose highest card is the second highest that is not on the board",
  ),
  entry("draw", "bdfd backdoorflushdraw", "two cards of a suit that the board has one of (flop)"),
  entry(
    "draw",
    "nbdfd nutbackdoorflushdraw",
    "a backdoor flush draw with the highest card of the suit that is not on the board",
  ),
  entry("draw", "straightdraw sd", "no straight yet, and some next card makes one"),
  entry("draw", "gutshot gs", "no straight yet; next cards of exactly one rank make one"),
  entry("draw", "oesd openender", "no straight yet; next cards of exactly two ranks make one (double gutshots too)"),
  entry("draw", "wrap", "no straight yet; next cards of three or more ranks make one"),
  entry("draw", "combodraw", "a flush draw together with an open-ender or a wrap"),
  entry("draw", "draw", "a flush draw, an open-ender or a wrap"),
  entry(
    "blocker",
    "nfb nutflushblocker",
    "three of a suit on the board: the highest other card of it, without a flush of it",
  ),
  entry(
    "blocker",
    "nfdb nutflushdrawblocker",
    "two of a suit on the board (flop and turn): the highest other card of it, without the draw",
  ),
  entry("blocker", "nsb nutstraightblocker", "a card of a rank that makes the nut straight, without the nut straight"),
  entry("blocker", "topsetblocker", "exactly one card of the board's highest rank, which is not paired on the board"),
  entry("blocker", "nutsblocker", "a card of a pair of cards that makes the nuts, without the nuts"),
];

const NAMES = new Map(
  CATEGORY_LIST.flatMap((category) =>
    [category.name, ...category.aliases].map((name): [string, CategoryEntry] => [name, category]),
  ),
);

/** `wrap13`: as many cards make a straight. */
const COUNTED = /^(?:wrap|outs)(\d{1,2})$/u;
/** Next cards that make a straight; 20 are the most with four-card hands. */
const MOST_OUTS = 40;

/** Whether a name (in lower case) is that of a category. */
export function isCategory(name: string, orBetter: boolean): boolean {
  if (outsOf(name) !== undefined) return true;
  const known = NAMES.get(name);
  return known !== undefined && (!orBetter || known.group === "made");
}

/** The category of a name that {@link isCategory} takes, other than by outs. */
export function categoryOf(name: string): CategoryEntry {
  const known = NAMES.get(name);
  if (known === undefined) throw new RangeError(`there is no category ${name}`);
  return known;
}

/** Outs of `wrap13` and `outs8`; undefined for other names. */
export function outsOf(name: string): number | undefined {
  const outs = Number(COUNTED.exec(name)?.[1] ?? 0);
  return outs >= 1 && outs <= MOST_OUTS ? outs : undefined;
}

/** Names that begin alike or contain what was written, at most three. */
export function similarCategories(name: string): string[] {
  const near = (other: string): boolean =>
    other.includes(name) || name.includes(other) || (name.length > 2 && other.startsWith(name.slice(0, 3)));
  return [...NAMES.keys()].filter(near).slice(0, 3);
}
