import { RangeSyntaxError } from "../errors.js";

const stickies = new Map<string, RegExp>();

/** The pattern as it is matched at one place, made once. */
function stickyOf({ source }: RegExp): RegExp {
  const known = stickies.get(source);
  if (known !== undefined) return known;
  const sticky = new RegExp(source, "iuy");
  stickies.set(source, sticky);
  return sticky;
}

/** A cursor over a range's text that knows where it is, for errors. */
export class RangeScanner {
  private at = 0;

  constructor(readonly source: string) {}

  /** Skips white space, then answers whether the text is at its end. */
  atEnd(): boolean {
    while (/\s/u.test(this.source.charAt(this.at))) this.at++;
    return this.at >= this.source.length;
  }

  /** 0-based offset of the next character. */
  get offset(): number {
    return this.at;
  }

  peek(): string {
    return this.source.charAt(this.at);
  }

  /** Takes the text that a sticky pattern matches here; undefined and no move without a match. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = stickyOf(pattern);
    sticky.lastIndex = this.at;
    const match = sticky.exec(this.source);
    if (match === null) return undefined;
    this.at = sticky.lastIndex;
    return match;
  }

  /** The text that a pattern matches here, without taking it; empty without a match. */
  lookAhead(pattern: RegExp): string {
    const at = this.at;
    const match = this.take(pattern);
    this.at = at;
    return match?.[0] ?? "";
  }

  takeSymbol(symbol: string): boolean {
    if (this.atEnd() || this.peek() !== symbol) return false;
    this.at++;
    return true;
  }

  /** The error for the character at `offset` (default: the next one). */
  error(problem: string, offset = this.at): RangeSyntaxError {
    return new RangeSyntaxError(problem, this.source, offset + 1);
  }
}
