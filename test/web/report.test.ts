import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { FlopReport } from "../../src/tasks/flop-report/report-result.js";
import { barriers, useBrowser } from "../support/browser.js";
import { useVhost } from "../support/services.js";
import { useWebView } from "../support/web-view.js";

const vhost = useVhost();
const web = useWebView(() => vhost.url);
const browser = useBrowser();

const SPOT = {
  pot_size: 10,
  stack_sizes: [20, 20],
  player_ranges: { "0": ["AsAhKsQh", "KdKcJd9c", "9h8h7c6c"], "1": ["QsQdJs8d", "AcKhTc5h", "Js9sTd7d"] },
  bet_sizes: [1],
  max_raises: 1,
  iterations: 20,
  flops: [{ flop: "Kd8h7d", weight: 3 }, "6s5s4s", "2h2d2c", "AdQc4c"],
};

/** Cards as the page shows them. */
function shown(flop = ""): string {
  const symbols: Record<string, string> = { s: "♠", h: "♥", d: "♦", c: "♣" };
  return flop.replace(/[shdc]/g, (suit) => symbols[suit] ?? "");
}

async function computeReport(): Promise<{ id: string; report: FlopReport }> {
  const id = await web.compute("solver", SPOT);
  return { id, report: ((await web.jobs.row(id)).result_data as { report: FlopReport }).report };
}

let computed: ReturnType<typeof computeReport> | undefined;
/** One for the whole file; who changes its row comes last. */
function theReport(): ReturnType<typeof computeReport> {
  computed ??= computeReport();
  return computed;
}

describe("a report over flops", () => {
  it("is a table to sort and filter, means with margins, and a plot of any two quantities", async () => {
    const { id, report } = await theReport();
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    const table = page.getByRole("region", { name: "Flop by flop", exact: true });
    await table.getByRole("button", { name: "Equity of player 0" }).click();
    const bySize = [...report.rows].sort(
      (one, other) => (other.equities["0"]?.value ?? 0) - (one.equities["0"]?.value ?? 0),
    );
    const flopOf = (row: number) => table.locator("tbody tr").nth(row).locator(".cards").textContent();
    expect(await flopOf(0)).toBe(shown(bySize[0]?.flop));
    expect(await flopOf(3)).toBe(shown(bySize[3]?.flop));
    await table.getByRole("button", { name: "Flop", exact: false }).first().click();
    expect(await flopOf(0)).toBe(shown("AdQc4c"));

    // The mean as the report has it, and that of the flops which are left by a filter.
    const meanText = (rows: FlopReport["rows"]) => {
      const weight = rows.reduce((sum, row) => sum + row.weight, 0);
      const mean = rows.reduce((sum, row) => sum + row.weight * (row.equities["0"]?.value ?? 0), 0) / weight;
      return `${(mean * 100).toFixed(1)} %`;
    };
    const equities = page.locator("figure", { hasText: "Mean equity" });
    await equities.getByText(meanText(report.rows), { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Suits" }).selectOption("rainbow");
    await page.getByText("1 flop of 4").waitFor();
    await page.getByRole("combobox", { name: "Suits" }).selectOption("");
    await page.getByRole("textbox", { name: "Flops with" }).fill("8h");
    await equities.getByText(meanText(report.rows.filter(({ weight }) => weight === 3)), { exact: true }).waitFor();
    await page.getByRole("textbox", { name: "Flops with" }).fill("x");
    await page.getByText(/ranks or cards are expected/).waitFor();
    await page.getByRole("textbox", { name: "Flops with" }).fill("");

    await page.getByRole("combobox", { name: "Across" }).selectOption("ev 1");
    await page.getByRole("img", { name: /^Flops\. .* against EV of player 1/ }).waitFor();
    await table.getByRole("button", { name: /6♠ ?5♠ ?4♠ ?mark in the plot/ }).click();
    await page.locator("circle.marked title", { hasText: "6s5s4s" }).waitFor({ state: "attached" });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV", exact: true }).last().click(),
    ]);
    expect(download.suggestedFilename()).toBe(`report-${id.slice(0, 8)}.csv`);

    await table.getByRole("link", { name: "solve alone AdQc4c" }).click();
    await page
      .getByRole("button", { name: /^Board/ })
      .getByText("A♦")
      .waitFor();
  });

  it("is read at phone width and in the dark, and axe finds nothing", async () => {
    const { id } = await theReport();
    const page = await browser.open(`${web.url}/#/jobs/${id}`, {
      colorScheme: "dark",
      viewport: { width: 360, height: 800 },
    });
    await page.getByRole("img", { name: /^Flops/ }).waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    expect(await barriers(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBe(0);
  });

  it("under way says who solves which flop, and shows what is solved so far", async () => {
    const { id, report } = await theReport();
    await sql`update solver_report_flops set state = 'solving', answer = null, worker = 'somebody@else'
      where report_id = ${id} and number = 0`.execute(web.jobs.database);
    await web.jobs.set(id, "status = 'PROCESSING', result_data = null, completed_at = null, progress_percentage = 75");
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    await page.getByRole("heading", { name: "3 of 4 flops solved" }).waitFor();
    await page.getByText(`${report.rows[0]?.flop} on somebody@else`).waitFor();
    await page.getByRole("button", { name: "Show what is solved so far" }).click();
    await page.getByText("All 3 solved flops.").waitFor();
    expect(await barriers(page)).toEqual([]);
    await sql`update solver_report_flops set state = 'solved' where report_id = ${id}`.execute(web.jobs.database);
    await page.getByRole("heading", { name: "4 of 4 flops solved" }).waitFor();
    await web.jobs.set(id, "status = 'CANCELLED'");
  });

  it("is asked for by a form, and its kind of flops stands in the list", async () => {
    const page = await browser.open(`${web.url}/#/new`);
    await page.getByRole("tab", { name: "Solve a spot" }).click();
    await page.getByRole("combobox", { name: "Solve it on" }).selectOption("sample");
    await page.getByRole("spinbutton", { name: "How many" }).fill("7");
    await page.getByText("As JSON").click();
    const input = JSON.parse(await page.getByRole("textbox", { name: "Input as JSON" }).inputValue()) as object;
    expect(input).toMatchObject({ flops: { sample: 7 } });
    expect(input).not.toHaveProperty("board");
    await web.jobs.queue(input, "SOLVER_ANALYSIS");
    const list = await browser.open(`${web.url}/#/jobs`);
    await list.getByText("7 flops drawn").waitFor();
  });
});
