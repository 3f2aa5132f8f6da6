import { createInterface } from "node:readline/promises";
import { CliError } from "../globals.js";

/** Asks on the terminal. @throws CliError unless the answer is yes */
export async function confirm(question: string): Promise<void> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
  const answer = await Promise.race([prompt.question(`${question} [y/N]: `), closed]);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("Aborted!");
}
