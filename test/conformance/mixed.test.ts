import { describe, expect, it } from "vitest";
import { immutable, run, task } from "./contract/basics.js";
import type { Call, Sent } from "./contract/peer.js";
import { type Language, useContract } from "./contract/setup.js";

const on = (queue: Language, call: Call): Call => ({ ...call, options: { queue } });
const node = (call: Call) => on("node", call);
const python = (call: Call) => on("python", call);

/** Canvases whose steps alternate between a Python and a Node worker, each on a queue of its own. */
describe.each(["redis", "rpc"] as const)("Python and Node workers together, with %s results", (backend) => {
  const contract = useContract(["node", "python"], backend);

  describe.each(["python", "node"] as const)("and a client in %s", (language) => {
    const client = () => contract.client(language);

    it("run a chain in turn", async () => {
      const steps = [1, 10, 100, 1000].map((x, i) => (i % 2 ? python : node)(task("add", x)));
      expect(await run(client(), { chain: [python(task("add", 5, 5)), ...steps] })).toBe(1121);
    });

    it("keep root and parents along the way", async () => {
      const sent = await client().apply({
        chain: [python(task("ids", 1)), node(immutable("ids", 2)), python(immutable("ids", 3))],
      });
      const second = sent.parent as Sent;
      const first = second.parent as Sent;
      expect(await client().get(sent.id)).toEqual({ value: [first.id, second.id, 3] });
      expect(await client().get(second.id)).toEqual({ value: [first.id, first.id, 2] });
    });

    it("tell each other's errors", async () => {
      const key = contract.newRecord();
      const linkError = [{ task: "c.on_error_old", kwargs: { key } }];
      for (const [first, second] of [
        [node, python],
        [python, node],
      ] as const) {
        const sent = await client().apply({
          chain: [first(task("add", 1, 1)), second(task("fail")), first(task("add", 1))],
          linkError,
        });
        expect(await client().get(sent.id)).toMatchObject({ error: { type: "ValueError", args: ["contract", 7] } });
      }
      expect(await contract.recorded(key, 2)).toHaveLength(2);
    });

    it("run each other's callbacks and groups", async () => {
      const key = contract.newRecord();
      const record = task("record", key);
      await run(client(), { ...node(task("add", 2, 3)), link: [python(record), node(record)] });
      await run(client(), { ...python(task("add", 2, 3)), link: [python(record), node(record)] });
      expect(await contract.recorded(key, 4)).toEqual(["5", "5", "5", "5"]);
      const members = [node(task("identity", 1)), python(task("identity", 2)), node(task("identity", 3))];
      expect(await run(client(), { group: members })).toEqual([1, 2, 3]);
    });

    if (backend === "redis") {
      it("count one chord, and either may complete it", async () => {
        for (const body of [node(task("xsum")), python(task("xsum"))]) {
          const header = Array.from({ length: 10 }, (_, i) => (i % 2 ? node : python)(task("identity", i)));
          expect(await run(client(), { chord: header, body })).toBe(45);
        }
      });

      it("run chords in chains, and replaced tasks in chords", async () => {
        const group = { group: [node(task("add", 1)), python(task("add", 2)), node(task("replace_add", 3))] };
        const steps = [
          python(task("add", 10, 10)),
          group,
          python(task("xsum")),
          node(task("replace_chain")),
          python(task("add", 1)),
        ];
        expect(await run(client(), { chain: steps })).toBe(68);
      });
    }
  });
});
