import { describe, expect, it } from "vitest";
import { barriers, useBrowser } from "../support/browser.js";
import { useVhost } from "../support/services.js";
import { useWebView } from "../support/web-view.js";

const vhost = useVhost();
const web = useWebView(() => vhost.url);
const browser = useBrowser();

const RIVER = {
  street: "river",
  board: ["Ks", "Qd", "7h", "4c", "2d"],
  pot_size: 100,
  stack_sizes: [100, 100],
  active_players: [0, 1],
  player_position: 0,
  player_ranges: { "0": "KK,JT98,AKQJ", "1": "KK,QQ,AA,9876" },
  hero_cards: ["Kd", "Kc", "Js", "Ts"],
  max_combos: 60,
  bet_sizes: [1],
  iterations: 60,
};

describe("a solution", () => {
  it("is walked from action to action, its hands filtered by notation, and back", async () => {
    const id = await web.compute("solver", RIVER);
    const { solution } = (await web.jobs.row(id)).result_data as {
      solution: {
        exploitability: number;
        ranges: Record<string, { combos: string[] }>;
        tree: { actions: { action: string; frequency: number; next: { player: number } }[] };
      };
    };
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    const tree = page.getByRole("region", { name: "Tree" });
    await tree.getByText(/Player 0 to act on the river · pot 100/).waitFor();
    await page.getByText(`${solution.exploitability.toFixed(3)} % of the pot`).waitFor();
    await page.getByRole("img", { name: /^Convergence/ }).waitFor();

    const all = solution.ranges["0"]?.combos ?? [];
    await tree.getByText(`${all.length} of ${all.length} hands`).waitFor();
    await tree.getByRole("textbox", { name: "Only hands such as" }).fill("KK");
    const kings = all.filter((hand) => (hand.match(/K/g) ?? []).length >= 2).length;
    expect(kings).toBeGreaterThan(0);
    expect(kings).toBeLessThan(all.length);
    await tree.getByText(`${kings} of ${all.length} hands`).waitFor();
    // By the answer's own board these are the sets, and nothing else is one.
    await tree.getByRole("textbox", { name: "Only hands such as" }).fill("@set");
    await tree.getByText(`${kings} of ${all.length} hands`).waitFor();

    const [first] = solution.tree.actions;
    await tree.getByRole("button", { name: new RegExp(`^${first?.action} .*%`, "i") }).click();
    await tree.getByText(new RegExp(`Player ${first?.next.player} to act`)).waitFor();
    await tree.getByRole("button", { name: "Start" }).click();
    await tree.getByText(/Player 0 to act/).waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it("of a turn, solved in full, is walked through the next card", async () => {
    const id = await web.compute("solver", {
      ...RIVER,
      street: "turn",
      board: ["Ks", "Qd", "7h", "4c"],
      max_combos: 12,
      iterations: 10,
      max_raises: 0,
      full_strategy: true,
      rake: { percent: 5, cap: 2 },
      locks: [{ path: "check", strategy: { check: 0.75, "bet 100": 0.25 } }],
    });
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    const tree = page.getByRole("region", { name: "Tree" });
    await tree.getByRole("button", { name: /^Check .*%/ }).click();
    await tree.getByText(/Player 1 to act .* · rake 2 · play of all hands was given/).waitFor();
    await tree.getByRole("button", { name: /^Check .*%/ }).click();
    await tree.getByText("Choose what comes").waitFor();
    await tree.getByRole("button", { name: "T♦" }).click();
    await tree.getByText(/to act on the river/).waitFor();
    // The ten makes straights of king, queen and ten with jack and nine or ace, which the turn had not.
    const { solution } = (await web.jobs.row(id)).result_data as {
      solution: { ranges: Record<string, { combos: string[] }> };
    };
    const hands = solution.ranges["0"]?.combos ?? [];
    const straights = hands.filter((hand) => /J/.test(hand) && /[9A]/.test(hand)).length;
    expect(straights).toBeGreaterThan(0);
    await tree.getByRole("textbox", { name: "Only hands such as" }).fill("@straight");
    await tree.getByText(`${straights} of ${hands.length} hands`).waitFor();
    await tree.getByRole("textbox", { name: "Only hands such as" }).fill("");
    await tree
      .getByText(/ EV -?\d/)
      .first()
      .waitFor();
  });
});

it("an estimate says what a solve would take, and its form offers flags and rake", async () => {
  const id = await web.compute("solver", { ...RIVER, estimate: true });
  const page = await browser.open(`${web.url}/#/jobs/${id}`);
  await page.getByRole("heading", { name: "What solving it would take" }).waitFor();
  await page.getByText(/ MiB of [\d,]+ MiB allowed/).waitFor();
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("link", { name: "Change and submit again" }).click();
  await page.getByText("More options").click();
  expect(await page.getByRole("combobox", { name: /^estimate/ }).inputValue()).toBe("true");
  await page.getByRole("combobox", { name: /^estimate/ }).selectOption("");
  await page.getByRole("spinbutton", { name: "Rake, %" }).fill("5");
  await page.getByRole("spinbutton", { name: "at most" }).fill("3");
  await page.getByRole("button", { name: "Submit" }).click();
  await page.getByText("the house takes").waitFor();
  const [row] = await web.jobs.repository.list({ limit: 1 });
  expect(row?.input_data).toMatchObject({ rake: { percent: 5, cap: 3 } });
  expect(row?.input_data).not.toHaveProperty("estimate");
});

describe("a simulation", () => {
  const SPOT = {
    players: [{ cards: ["As", "Ah", "Kd", "Qd"] }, { cards: ["Jh", "Th", "9s", "8s"] }],
    top_board: ["Qs", "Js", "4h"],
    bottom_board: ["7h", "8d", "2c", "3c"],
  };

  it("shows equities, outs and next cards, and each plot can be saved", async () => {
    const id = await web.compute("spot", SPOT);
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    for (const name of [
      /^Share of the pot/,
      /^Equity by board/,
      /^Parts of the pot/,
      /^Equity by next card/,
      /^Hands it makes/,
    ])
      await page.getByRole("img", { name }).waitFor();
    await page.getByRole("combobox", { name: /^Board/ }).selectOption("bottom");
    await page.getByText(/outs? to win or share the bottom board/).waitFor();
    const figure = page.locator("figure", { hasText: "Share of the pot" });
    await figure.getByText("Table", { exact: false }).first().click();
    for (const [button, name] of [
      ["SVG", "Share-of-the-pot.svg"],
      ["PNG", "Share-of-the-pot.png"],
      ["CSV", "Share-of-the-pot.csv"],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        figure.getByRole("button", { name: button }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(name);
    }
    expect(await barriers(page)).toEqual([]);
  });

  it("that was sampled shows its error", async () => {
    const id = await web.compute("spot", {
      players: [{ cards: "15%" }, { cards: "AA" }, { cards: "" }],
      top_board: [],
      bottom_board: [],
      simulation_runs: 2000,
    });
    const page = await browser.open(`${web.url}/#/jobs/${id}`);
    await page.getByText(/simulated: 2,000 deals/).waitFor();
    expect(await page.locator("path.whisker").count()).toBeGreaterThan(3);
  });

  it("stands beside another one", async () => {
    const first = await web.compute("spot", SPOT);
    const second = await web.compute("spot", { ...SPOT, top_board: ["2s", "2d", "2h"] });
    const page = await browser.open(`${web.url}/#/jobs/${first}`);
    await page.getByRole("link", { name: "Compare" }).click();
    await page.locator(`a[href*="${second}"]`).click();
    await page
      .getByRole("region", { name: `Job ${second.slice(0, 8)}` })
      .getByRole("img", { name: /^Share of the pot/ })
      .waitFor();
    expect(await page.getByRole("img", { name: /^Share of the pot/ }).count()).toBe(2);
  });
});
