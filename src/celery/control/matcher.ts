import { globToRegExp } from "../protocol/glob.js";
import type { ControlRequest } from "./message.js";

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
      return globToRegExp(pattern).test(nodename);
    case "pcre":
      return new RegExp(`^(?:${pattern})`).test(nodename);
    default:
      throw new Error(`no matcher is named ${matcher}: use glob or pcre`);
  }
}
