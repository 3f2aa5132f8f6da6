import { describe, expect, it } from "vitest";
import { describeBasics, task } from "./contract/basics.js";
import { describeCanvas, describeChords } from "./contract/canvas.js";
import { useContract } from "./contract/setup.js";

/** The contract, kept by our worker. */
describe.each(["redis", "rpc"] as const)("a Node worker with %s results", (backend) => {
  const contract = useContract(["node"], backend);
  describe.each(["python", "node"] as const)("and a client in %s", (client) => {
    describe("tasks", () => describeBasics(contract, client, backend));
    describe("canvas", () => describeCanvas(contract, client));
    if (backend === "redis") {
      describe("chords", () => describeChords(contract, client));

      it("fails the members of a chord's group body with what the header raised, as Celery 5.6 does", async () => {
        const body = { group: [task("xsum"), task("identity")] };
        const sent = await contract.client(client).apply({ chord: [task("add", 1, 1), task("fail")], body });
        expect(sent.members).toHaveLength(2);
        for (const { id } of sent.members ?? [])
          expect(await contract.client(client).get(id)).toMatchObject({
            error: { type: "ValueError", args: ["contract", 7] },
          });
      });

      it("ignores results as the message says, whatever the task says, as Celery 5.6.3 does", async () => {
        const peer = contract.client(client);
        const kept = await peer.apply({ ...task("ignored"), options: { ignoreResult: false } });
        const ignored = await peer.apply({ ...task("fail"), options: { ignoreResult: true } });
        const failed = await peer.apply(task("fail"));
        expect(await peer.get(kept.id)).toEqual({ value: "nobody reads this" });
        expect(await peer.get(failed.id)).toMatchObject({ error: { type: "ValueError" } });
        expect((await peer.info(ignored.id)).state).toBe("PENDING");
      });
    }
  });
});
