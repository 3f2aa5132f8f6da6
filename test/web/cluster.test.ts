import { describe, expect, it } from "vitest";
import { barriers, useBrowser } from "../support/browser.js";
import { runBuiltCelery } from "../support/celery-command.js";
import { BareClient } from "../support/celery-worker.js";
import { usePrivateServices } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { useWebView } from "../support/web-view.js";

const services = usePrivateServices({ rabbitmq: true });
const web = useWebView(() => services.current.brokerUrl);
const browser = useBrowser();

const WRONG = { players: [{ cards: ["As", "As", "Kd", "Qd"] }] };
const RIGHT = { players: [{ cards: ["As", "Ah", "Kd", "Qd"] }] };
const ENDLESS = {
  board: ["Ks", "Qd", "7h"],
  pot_size: 100,
  stack_sizes: [300, 300],
  player_ranges: { "0": "AA", "1": "KK" },
  iterations: 1_000_000,
  use_cache: false,
};

/** A job whose message is a dead letter. */
async function fail(): Promise<string> {
  const id = await web.submit("spot", WRONG);
  await waitUntil(async () => (await web.jobs.row(id)).status === "FAILED", `job ${id} to fail`);
  return id;
}

describe("dead letters", () => {
  it("say why, and are sent again one by one; their jobs complete", async () => {
    const [one, other] = [await fail(), await fail()];
    await web.jobs.set(one, `input_data = '${JSON.stringify(RIGHT)}'`);
    const page = await browser.open(`${web.url}/#/dead-letters`);
    await page
      .getByText(/occurs twice/)
      .first()
      .waitFor();
    expect(await barriers(page)).toEqual([]);
    const row = page.getByRole("row", { name: new RegExp(one.slice(0, 8)) });
    await row.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Send 1 letter again" }).click();
    await waitUntil(async () => (await web.jobs.row(one)).status === "COMPLETED", `job ${one}`);
    expect((await web.jobs.row(other)).status).toBe("FAILED");
    await row.waitFor({ state: "detached" });
  });

  it("are erased after a question", async () => {
    await fail();
    const page = await browser.open(`${web.url}/#/dead-letters`);
    await page.getByRole("button", { name: "Erase" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
    await page.getByText("No message has failed for good.").waitFor();
  });
});

describe("the cluster", () => {
  it("shows workers and queues, and its pools grow", async () => {
    const page = await browser.open(`${web.url}/#/cluster`);
    const worker = page.getByRole("region", { name: `Worker ${web.nodename}` });
    await worker.getByText("0 of 2").waitFor();
    await page.getByRole("img", { name: /^Messages that wait/ }).waitFor();
    await worker.getByText("Commands").click();
    await worker.getByRole("button", { name: "One slot more" }).click();
    await worker.getByText("0 of 3").waitFor();
    await worker.getByRole("button", { name: "One slot less" }).click();
    await worker.getByText("0 of 2").waitFor();
    expect(await barriers(page)).toEqual([]);
  });

  it("commands a worker: other queues, the rate of a task, the end of a task, and its own", async () => {
    const commanded = await web.startWorker("commanded@test");
    const page = await browser.open(`${web.url}/#/cluster`);
    const worker = page.getByRole("region", { name: "Worker commanded@test" });
    await worker.getByText("Commands").click();
    await worker.getByLabel("Queue").fill("elsewhere");
    await worker.getByRole("button", { name: "Consume it" }).click();
    await worker.getByText(/^consumes .*elsewhere/).waitFor();
    const client = await BareClient.open(services.current.brokerUrl);
    expect((await client.channel.checkQueue("elsewhere")).consumerCount).toBe(1);
    await worker.getByRole("button", { name: "Stop consuming elsewhere" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop consuming elsewhere" }).click();
    await waitUntil(async () => (await client.channel.checkQueue("elsewhere")).consumerCount === 0, "no consumer");
    await client.close();

    const done = await web.compute("spot", RIGHT);
    const rate = page.getByRole("row", { name: /process_spot_simulation/ });
    const limits = () => runBuiltCelery(["inspect", "registered", "rate_limit", "--json"], web.environment);
    await rate.getByRole("textbox").fill("600/m");
    await rate.getByRole("button", { name: "Limit" }).click();
    await rate.getByText("at most 600/m").waitFor();
    expect((await limits()).stdout).toContain("tasks.process_spot_simulation [rate_limit=600/m]");
    await rate.getByRole("textbox").fill("");
    await rate.getByRole("button", { name: "Limit" }).click();
    await rate.getByText("no limit").waitFor();
    expect((await limits()).stdout).not.toContain("rate_limit=600/m");
    await page
      .getByRole("link", { name: new RegExp(done) })
      .first()
      .waitFor();

    const heard = page.getByRole("region", { name: "Tasks heard of last" });
    await heard.getByRole("combobox", { name: "State" }).selectOption("SUCCESS");
    await heard.getByRole("searchbox", { name: "Text" }).fill(done);
    await expect.poll(() => heard.getByRole("listitem").count(), { timeout: 10_000 }).toBe(1);
    await heard.getByRole("searchbox", { name: "Text" }).fill("nobody's");
    await heard.getByText("No task is like this.").waitFor();
    await heard.getByRole("searchbox", { name: "Text" }).fill("");

    const endless = await web.submit("solver", ENDLESS);
    await waitUntil(async () => (await web.jobs.row(endless)).status === "PROCESSING", "the solve to start");
    const running = page.getByRole("listitem").filter({ hasText: endless, has: page.getByRole("button") });
    await running.getByRole("button", { name: "End it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End it" }).click();
    await waitUntil(async () => (await web.jobs.row(endless)).status !== "PROCESSING", "the solve to end");
    await running.getByRole("button", { name: "End it" }).waitFor({ state: "detached" });

    await worker.getByRole("button", { name: "Shut down" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Shut down" }).click();
    expect(await commanded.ended()).toBe(0);
    await worker.getByText("gone", { exact: true }).waitFor();
  });

  it("says that a worker died", async () => {
    const worker = await web.startWorker("mortal@test");
    const page = await browser.open(`${web.url}/#/cluster`);
    const mortal = page.getByRole("region", { name: "Worker mortal@test" });
    await mortal.getByText("alive", { exact: true }).waitFor();
    await worker.kill("SIGKILL");
    await mortal.getByText("gone", { exact: true }).waitFor({ timeout: 60_000 });
    await mortal.getByText(/last heard of/).waitFor();
  });

  it("says that the broker is away, and recovers with it", async () => {
    const page = await browser.open(`${web.url}/#/cluster`);
    await page.getByText("0 of 2").waitFor();
    await services.current.stopBroker();
    await page.getByRole("alert").filter({ hasText: "The broker" }).waitFor({ timeout: 60_000 });
    // Rows do not need the broker.
    const jobs = await browser.open(`${web.url}/#/jobs`);
    await jobs.locator("tbody tr").first().waitFor();
    await services.current.startBroker();
    await page.getByRole("alert").filter({ hasText: "The broker" }).waitFor({ state: "detached", timeout: 60_000 });
    const id = await web.submit("spot", RIGHT);
    await waitUntil(async () => (await web.jobs.row(id)).status === "COMPLETED", `job ${id}`, 60_000);
  });
});
