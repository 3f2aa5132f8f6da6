/**
 * Writes src/poker/ranges/hand-order.ts from the counts that write-hand-order.cpp prints:
 *
 *     npx tsx scripts/write-hand-order.ts hands.tsv
 */
import { readFileSync, writeFileSync } from "node:fs";
import { subsetNumber } from "../src/poker/combinatorics.js";

const CLASSES = 16_432;
const BYTES_PER_CLASS = 3;
const LINE = 110;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: write-hand-order.ts <hands.tsv>");

const classes = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [a = 0, b = 0, c = 0, d = 0, wins = 0, ties = 0] = line.split("\t").map(Number);
    return { number: subsetNumber([a, b, c, d]), halfWins: 2 * wins + ties };
  });
if (classes.length !== CLASSES) throw new Error(`expected ${CLASSES} classes, found ${classes.length}`);
classes.sort((one, other) => other.halfWins - one.halfWins || one.number - other.number);

const bytes = Buffer.alloc(CLASSES * BYTES_PER_CLASS);
classes.forEach(({ number }, position) => {
  bytes.writeUIntLE(number, position * BYTES_PER_CLASS, BYTES_PER_CLASS);
});
const text = bytes.toString("base64");
const lines = Array.from({ length: Math.ceil(text.length / LINE) }, (_, i) => text.slice(i * LINE, (i + 1) * LINE));
writeFileSync(
  new URL("../src/poker/ranges/hand-order.ts", import.meta.url),
  `/**
 * One hand of each of the ${CLASSES} classes of four-card hands (equal but for the names of suits), best first by exact
 * equity against one random hand before the flop; classes of equal equity by hand number. Three bytes each: the
 * colexicographic number of the hand, little-endian. Enumerated by scripts/write-hand-order.cpp.
 */
export const HAND_ORDER = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`,
);
