import { runInNewContext } from "node:vm";
import { matchesGlob } from "../protocol/glob.js";
import type { ControlRequest } from "./message.js";

/** How long an expression may take: anyone on the broker may send one that would go on for ever. */
const EXPRESSION_MS = 100;
const MAX_EXPRESSION = 1000;

/**
 * Whether a request is meant for a node: its destination counts before its pattern, and without both it is for all.
 * `pcre` patterns match from the start of the name, as Python's `re.match` does.
 *
 * @throws Error for an unknown matcher or a pattern that is no regular expression
 */
export function isAddressed(request: ControlRequest, nodename: string): boolean {
  const { destination, pattern, matcher } = request;
  if (destination !== null) return destination.includes(nodename);
  if (pattern === null || matcher === null) return true;
  switch (matcher) {
    case "glob":
      return matchesGlob(pattern, nodename);
    case "pcre":
      return matchesExpression(`^(?:${pattern})`, nodename);
    default:
      throw new Error(`no matcher is named ${matcher}: use glob or pcre`);
  }
}

/** Only a context of its own can be stopped. @throws Error when it takes too long, or is no expression */
function matchesExpression(expression: string, text: string): boolean {
  if (expression.length > MAX_EXPRESSION)
    throw new Error(`a pattern of more than ${MAX_EXPRESSION} characters is refused`);
  const script = "new RegExp(expression).test(text)";
  return Boolean(runInNewContext(script, { expression, text }, { timeout: EXPRESSION_MS }));
}
