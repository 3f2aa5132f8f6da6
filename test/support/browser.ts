import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { findChromium, provision } from "../../scripts/local/provision.js";

/** Debian's Chromium for one test file; each page has cookies of its own and ends with its test. */
export interface TestBrowser {
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
}

/** Pages may not say anything in their console: a violation of the Content-Security-Policy is told there. */
export function useBrowser(): TestBrowser {
  let browser: Browser | undefined;
  const complaints: string[] = [];
  beforeAll(async () => {
    await provision(["chromium"]);
    const executablePath = findChromium();
    if (executablePath === undefined) throw new Error("there is no Chromium");
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());
  return {
    async open(url, options = {}) {
      if (browser === undefined) throw new Error("started by beforeAll: use it inside tests");
      const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, ...options });
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        // What a server that is away or refuses answers, Chromium tells by itself.
        const isAnswer = /Failed to load resource|net::ERR/.test(message.text());
        if (message.type() === "error" && !isAnswer) complaints.push(message.text());
      });
      await page.goto(url);
      return page;
    },
  };
}

/** What axe finds wrong with a page, by WCAG 2 A and AA. */
export async function barriers(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the policy of the page allows no further script.
  await page.evaluate(axe.source);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const run = `axe.run(document, { runOnly: ${JSON.stringify(tags)} })`;
  const { violations } = (await page.evaluate(run)) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
