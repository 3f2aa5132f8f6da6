import type { RangeScanner } from "./range-scanner.js";

/** Texts of other programs and habits that are not read here, with what to write instead. */
const FOREIGN_FORMS: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/\d+(?:\.\d+)?/u, ([number]) => `did you mean ${number}%?`],
  [
    /\$?[1-9]g\d?(?![a-z0-9])/u,
    () => "runs with gaps have no name: write their ranks, such as JT97,QJT8 or J[T98][T98]7",
  ],
  [/\$(?:ssn+|dsn+|dsdn|tsn+)(?![a-z0-9])/u, () => "suits with high cards have no name: write [AK]x[A-2]x or AxKxQyJy"],
  [/\$[a-z]+/u, ([name]) => `${name} has no meaning here: docs/ranges.md lists the keywords`],
  [/[onpg]/u, ([name]) => `${name.toUpperCase()} is a rank only beside R, as in RRON`],
  [
    /[<>]/u,
    () =>
      "hands above or below a combination are written as an interval, such as KK-TT, or as a category, such as @set+",
  ],
  [/-/u, () => "hands are left out with !, as in 15%!AA"],
  [/&/u, () => "conditions are joined with :"],
  [/[;|/]/u, () => "alternatives are joined with ,"],
];

/** Words that begin like cards, which would be read as such. */
const WORDS: typeof FOREIGN_FORMS = [
  [/top\s*(\d+(?:\.\d+)?)\s*%?/u, ([, number]) => `the best ${number} percent are written ${number}%`],
  [
    /(?:all|full|everything|atc|any\s?two|any2)(?![a-z0-9])/u,
    ([word]) => `${word}: every hand is written any${/atc/iu.test(word) ? ", an ace and the ten of clubs TcA" : ""}`,
  ],
];

/** @throws RangeSyntaxError for a word that stands here and would be taken for cards */
export function refuseWords(scanner: RangeScanner): void {
  const hint = hintHere(scanner, WORDS);
  // In this case it can only be an ace and a ten of clubs.
  const isCards = scanner.lookAhead(/ATc/u).startsWith("ATc");
  if (hint !== undefined && !isCards) throw scanner.error(hint);
}

/** What is wrong where a hand, a percentage or a keyword should stand; with what to write, for known foreign forms. */
export function expectedHere(scanner: RangeScanner): string {
  if (scanner.atEnd()) return "expected a hand, a percentage or a keyword, found the end";
  const found = JSON.stringify(scanner.peek());
  const expected = `expected a hand, a percentage or a keyword, found ${found}`;
  const hint = hintHere(scanner);
  return hint === undefined ? expected : `${expected}: ${hint}`;
}

/** What is wrong with text that goes on after a range is complete. */
export function unexpectedHere(scanner: RangeScanner): string {
  const found = scanner.peek();
  const before = scanner.source.slice(0, scanner.offset);
  const hint =
    /\s$/u.test(before) && /[a-z0-9[*$(@]/iu.test(found) ? "alternatives are joined with ," : hintHere(scanner);
  return `unexpected ${JSON.stringify(found)}${hint === undefined ? "" : `: ${hint}`}`;
}

function hintHere(scanner: RangeScanner, forms = FOREIGN_FORMS): string | undefined {
  for (const [pattern, advice] of forms) {
    const text = scanner.lookAhead(pattern);
    const match = text === "" ? null : new RegExp(pattern.source, "iu").exec(text);
    if (match !== null) return advice(match);
  }
  return undefined;
}
