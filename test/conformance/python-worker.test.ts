import { describe } from "vitest";
import { describeBasics } from "./contract/basics.js";
import { describeCanvas, describeChords } from "./contract/canvas.js";
import { useContract } from "./contract/setup.js";

/** The contract, kept by a real Python worker: that proves the contract itself. */
describe.each(["redis", "rpc"] as const)("a Python worker with %s results", (backend) => {
  const contract = useContract(["python"], backend);
  describe.each(["python", "node"] as const)("and a client in %s", (client) => {
    describe("tasks", () => describeBasics(contract, client, backend));
    describe("canvas", () => describeCanvas(contract, client));
    if (backend === "redis") describe("chords", () => describeChords(contract, client));
  });
});
