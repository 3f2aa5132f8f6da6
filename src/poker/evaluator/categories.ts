/** Hand categories, weakest first. The position is the category's number. */
export const CATEGORIES = [
  "High Card",
  "One Pair",
  "Two Pair",
  "Three of a Kind",
  "Straight",
  "Flush",
  "Full House",
  "Four of a Kind",
  "Straight Flush",
] as const;

export type Category = (typeof CATEGORIES)[number];
export const CATEGORY_COUNT = CATEGORIES.length;

/** Distinct strengths in each category, weakest category first; they sum to 7462. */
export const STRENGTHS_IN_CATEGORY = [1277, 2860, 858, 858, 10, 1277, 156, 156, 10] as const;

/** A hand's strength: 1 (7-5-4-3-2 offsuit) to 7462 (royal flush). Equal numbers tie. */
export type HandValue = number;
const MAX_HAND_VALUE = 7462;

/** Largest value of each category: value ≤ CATEGORY_TOP[c] exactly when the category is at most c. */
export const CATEGORY_TOP: readonly number[] = STRENGTHS_IN_CATEGORY.map((_, category) =>
  STRENGTHS_IN_CATEGORY.slice(0, category + 1).reduce((sum, strengths) => sum + strengths, 0),
);

/** Category number of every value 0–7462 (value 0, "no hand", counts as the weakest). */
export const CATEGORY_OF_VALUE: Uint8Array = buildCategoryOfValue();

function buildCategoryOfValue(): Uint8Array {
  const categories = new Uint8Array(MAX_HAND_VALUE + 1);
  let category = 0;
  for (let value = 1; value <= MAX_HAND_VALUE; value++) {
    if (value > (CATEGORY_TOP[category] ?? MAX_HAND_VALUE)) category++;
    categories[value] = category;
  }
  return categories;
}

/** Name of a value's category. */
export function categoryName(value: HandValue): Category {
  return CATEGORIES[CATEGORY_OF_VALUE[value]];
}
