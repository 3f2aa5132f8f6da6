import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { barriers, useBrowser } from "../support/browser.js";
import { USER_ID } from "../support/jobs.js";
import { useVhost } from "../support/services.js";
import { useWebView } from "../support/web-view.js";

const vhost = useVhost();
const web = useWebView(() => vhost.url);
const browser = useBrowser();

const WRONG = { players: [{ cards: ["As", "As", "Kd", "Qd"] }] };
const HOSTILE = `"><img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>`;

async function pick(page: Page, ...cards: string[]): Promise<void> {
  const suits: Record<string, string> = { s: "spades", h: "hearts", d: "diamonds", c: "clubs" };
  for (const card of cards)
    await page.getByRole("button", { name: `${card[0]} of ${suits[card[1] ?? ""]}`, exact: true }).click();
}

/** The status of the job that the page shows. */
const badge = (page: Page, words: string) => page.locator("h1 .badge", { hasText: words }).waitFor({ timeout: 30_000 });

describe("a job", () => {
  it("is made by clicking cards, and its answer is a picture", async () => {
    const page = await browser.open(web.url);
    await page.getByRole("link", { name: "New job" }).first().click();
    await pick(page, "As", "Ah", "Kd", "Qd");
    await pick(page, "Jh", "Th", "9s", "8s");
    await pick(page, "Qs", "Js", "4h");
    await page.getByRole("button", { name: "Submit" }).click();
    await badge(page, "Completed");
    await page.getByRole("img", { name: /^Equity\. / }).waitFor();
    const [row] = await web.jobs.repository.list({ limit: 1 });
    expect(row).toMatchObject({ user_id: USER_ID, job_type: "SPOT_SIMULATION", status: "COMPLETED" });
    const [{ top_actual_equity: equity } = { top_actual_equity: 0 }] = (row?.result_data ?? []) as {
      top_actual_equity: number;
    }[];
    expect(await page.locator("text.value").allTextContents()).toContain(`${(equity * 100).toFixed(1)} %`);
  });

  it("that failed is retried to its end, once its input is right", async () => {
    const id = await web.jobs.queue(WRONG);
    await web.jobs.set(id, "status = 'FAILED', error_message = 'it was wrong', completed_at = now()");
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    await badge(page, "Failed");
    await page.getByText("it was wrong").waitFor();
    const right = JSON.stringify({ players: [{ cards: ["As", "Ah", "Kd", "Qd"] }] });
    await web.jobs.set(id, `input_data = '${right}'`);
    await page.getByRole("button", { name: "Retry" }).click();
    await badge(page, "Completed");
    expect((await web.jobs.row(id)).status).toBe("COMPLETED");
    await page.getByText(/SUCCESS · attempt 1/).waitFor();
  });

  it("is changed and submitted again, and refused with the place of what is wrong", async () => {
    const id = await web.jobs.queue(WRONG);
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    await page.getByRole("link", { name: "Change and submit again" }).click();
    await page.getByRole("button", { name: "Submit" }).click();
    await page.getByText(/card "As" occurs twice/).waitFor();
  });

  it("that waits is cancelled, after a question", async () => {
    const id = await web.jobs.queue({ players: [{ cards: ["As", "Ah", "Kd", "Qd"] }] });
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await badge(page, "Cancelled");
    expect((await web.jobs.row(id)).status).toBe("CANCELLED");
  });

  it("shows hostile text as text", async () => {
    const id = await web.jobs.queue({ players: [{ cards: HOSTILE }], spot_name: HOSTILE });
    await web.jobs.set(id, `status = 'FAILED', error_message = '${HOSTILE}', progress_message = '${HOSTILE}'`);
    for (const hash of ["jobs", `jobs/${id}`]) {
      const page = await browser.open(`${web.url}/#/${hash}`);
      await page.getByText("onerror").first().waitFor({ state: "attached" });
      expect(await page.evaluate("window.hurt")).toBeUndefined();
    }
    const form = await browser.open(`${web.url}/#/new?from=${id}`);
    expect(await form.getByRole("textbox", { name: "Range of player 1" }).inputValue()).toBe(HOSTILE);
    expect(await form.evaluate("window.hurt")).toBeUndefined();
  });
});

it("jobs are filtered by state, queue, time and text at once, and a queue has the jobs of its kind", async () => {
  const [old, young] = [await web.jobs.queue({ spot_name: "needle" }), await web.jobs.queue({ spot_name: "needle" })];
  const solve = await web.jobs.queue({ spot_name: "needle" }, "SOLVER_ANALYSIS");
  for (const id of [old, young, solve]) await web.jobs.set(id, "status = 'CANCELLED'");
  await web.jobs.set(old, "created_at = '2020-01-01'");
  const page = await browser.open(`${web.url}/#/jobs?text=needle`);
  const links = page.locator("table.jobs a.open");
  const shown = async (...ids: string[]) => {
    const found = () =>
      links.evaluateAll((all) => all.map((link) => link.getAttribute("href")?.split("/").at(-1)).sort());
    await expect.poll(found, { timeout: 10_000 }).toEqual([...ids].sort());
  };
  await shown(old, young, solve);
  await page.getByRole("combobox", { name: "Queue" }).selectOption("spot_simulation");
  await shown(old, young);
  await page.getByLabel("Until").fill("2021-01-01T00:00");
  await shown(old);
  await page.getByRole("navigation", { name: "States" }).getByText("Cancelled").click();
  await shown(old);
  await page.getByRole("combobox", { name: "Kind" }).selectOption("SOLVER_ANALYSIS");
  await page.getByText("No job is like this.").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await links.nth(2).waitFor();
  const refused = await page.evaluate(() => fetch("api/jobs?queue=elsewhere").then((answer) => answer.json()));
  expect(refused).toEqual({
    error: expect.stringMatching(/no job is sent to the queue elsewhere: there are spot_simul/),
  });
});

it("ranges are counted, and their errors told, as one types", async () => {
  const page = await browser.open(`${web.url}/#/new`);
  await page.getByLabel("player 1 has a range").check();
  const range = page.getByRole("textbox", { name: "Range of player 1" });
  await range.fill("AA:ds");
  await page.getByText(/^[\d,]+ hands$/).waitFor();
  await range.fill("AA:d#");
  await page.getByText(/^at \d+: /).waitFor();
  expect(await range.getAttribute("aria-invalid")).toBe("true");
});

it("a page that may change nothing offers nothing that would", async () => {
  const id = await web.jobs.queue(WRONG);
  await web.jobs.set(id, "status = 'FAILED', error_message = 'x'");
  const url = await web.open(["--read-only"]);
  const page = await browser.open(`${url}/#/jobs/${id}`);
  await page.getByText("read-only").waitFor();
  await badge(page, "Failed");
  expect(await page.getByRole("button", { name: /Retry|Cancel/ }).count()).toBe(0);
});

it("one logs in with the token, by keyboard alone, and out again", async () => {
  const url = await web.open([], { CELERY_WEB_TOKEN: "a-token-of-some-length" });
  const page = await browser.open(url);
  await page.getByLabel("Token").fill("not-the-token-at-all");
  await page.keyboard.press("Enter");
  await page.getByText("that is not right").waitFor();
  await page.getByLabel("Token").fill("a-token-of-some-length");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
});

it.each([
  ["light", 1200],
  ["dark", 360],
] as const)("axe finds nothing in %s, %d pixels wide, and nothing is wider than that", async (colorScheme, width) => {
  await web.jobs.queue(WRONG);
  const done = await web.compute("spot", {
    players: [{ cards: ["As", "Ah", "Kd", "Qd"] }],
    top_board: ["Qs", "Js", "4h"],
  });
  for (const hash of ["jobs", "new", "cluster", "dead-letters", `jobs/${done}`]) {
    const page = await browser.open(`${web.url}/#/${hash}`, { colorScheme, viewport: { width, height: 800 } });
    await page.locator("main .panel, main table").first().waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    expect([hash, await barriers(page)]).toEqual([hash, []]);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    expect([hash, overflow]).toEqual([hash, 0]);
  }
});
