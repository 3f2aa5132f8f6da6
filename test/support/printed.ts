import { afterEach, beforeEach, vi } from "vitest";

/** What commands of a test file write to standard output, which nobody else sees: of the test that runs, or since `clear`. */
export interface Printed {
  readonly text: string;
  clear(): void;
}

export function usePrinted(): Printed {
  let text = "";
  beforeEach(() => {
    text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return {
    get text() {
      return text;
    },
    clear() {
      text = "";
    },
  };
}
