import { describe } from "vitest";
import { describeBasics } from "./contract/basics.js";
import { describeCanvas, describeChords } from "./contract/canvas.js";
import { useContract } from "./contract/setup.js";

/** The contract, kept by our worker. */
describe.each(["redis", "rpc"] as const)("a Node worker with %s results", (backend) => {
  const contract = useContract(["node"], backend);
  describe.each(["python", "node"] as const)("and a client in %s", (client) => {
    describe("tasks", () => describeBasics(contract, client, backend));
    describe("canvas", () => describeCanvas(contract, client));
    if (backend === "redis") describe("chords", () => describeChords(contract, client));
  });
});
