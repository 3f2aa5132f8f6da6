import { describe, expect, it } from "vitest";
import { barriers, useBrowser } from "../support/browser.js";
import { usePrivateServices } from "../support/services.js";
import { waitUntil } from "../support/wait-until.js";
import { useWebView } from "../support/web-view.js";

const services = usePrivateServices({ rabbitmq: true });
const web = useWebView(() => services.current.brokerUrl);
const browser = useBrowser();

const WRONG = { players: [{ cards: ["As", "As", "Kd", "Qd"] }] };
const RIGHT = { players: [{ cards: ["As", "Ah", "Kd", "Qd"] }] };

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
    await worker.getByText("Command it").click();
    await worker.getByRole("button", { name: "One slot more" }).click();
    await worker.getByText("0 of 3").waitFor();
    await worker.getByRole("button", { name: "One slot less" }).click();
    await worker.getByText("0 of 2").waitFor();
    expect(await barriers(page)).toEqual([]);
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
