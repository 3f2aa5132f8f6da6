import { expect, it } from "vitest";
import { waitUntil } from "../../support/wait-until.js";
import { immutable, run, task } from "./basics.js";
import type { Call, Info, Peer, Sent } from "./peer.js";
import type { Contract, Language } from "./setup.js";

/** Callbacks, chains and groups: canvases that any result backend can carry. */
export function describeCanvas(contract: Contract, language: Language): void {
  const client = () => contract.client(language);
  const record = (key: string): Call => task("record", key);
  const oldErrback = (key: string): Call => ({ task: "c.on_error_old", kwargs: { key } });

  it("calls back with the result, an immutable callback without", async () => {
    const key = contract.newRecord();
    const link = [record(key), immutable("record", "fixed", key), { group: [record(key), task("add", 1)] }];
    await run(client(), { ...task("add", 2, 3), link });
    expect((await contract.recorded(key, 3)).sort()).toEqual(["5", "5", "fixed"]);
  });

  it("tells errbacks: the old kind gets the id, the new kind request and error", async () => {
    const key = contract.newRecord();
    const sent = await client().apply({ ...task("fail"), linkError: [oldErrback(key), task("on_error", key)] });
    await client().get(sent.id);
    expect((await contract.recorded(key, 2)).sort()).toEqual([sent.id, `${sent.id} ValueError`].sort());
  });

  it("runs a chain, each step with the result of the one before", async () => {
    expect(
      await run(client(), { chain: [task("add", 1, 2), task("add", 3), immutable("add", 7, 7), task("add", 1)] }),
    ).toBe(15);
  });

  it("gives steps of a chain their root and parent", async () => {
    const sent = await client().apply({ chain: [task("ids", 1), immutable("ids", 2), immutable("ids", 3)] });
    const second = sent.parent as Sent;
    const first = second.parent as Sent;
    expect(await client().get(sent.id)).toEqual({ value: [first.id, second.id, 3] });
    expect(await client().get(second.id)).toEqual({ value: [first.id, first.id, 2] });
    expect(await client().get(first.id)).toEqual({ value: [first.id, null, 1] });
  });

  it("splices chains in chains", async () => {
    const inner = { chain: [task("add", 1), { chain: [task("add", 10), task("add", 100)] }] };
    expect(await run(client(), { chain: [task("identity", 1000), inner, task("add", 10000)] })).toBe(11111);
  });

  it("ends a chain at the step that fails, with that error for all that follow", async () => {
    const key = contract.newRecord();
    const sent = await client().apply({
      chain: [task("add", 1, 1), task("fail"), task("add", 1), task("add", 2)],
      linkError: [oldErrback(key)],
    });
    const error = { type: "ValueError", args: ["contract", 7] };
    expect(await client().get(sent.id)).toMatchObject({ error });
    expect(await contract.recorded(key, 1)).toEqual([sent.parent?.parent?.id]);
  });

  it("runs a group, in order of its members", async () => {
    const members = [task("add", 1, 1), { chain: [task("add", 2, 2), task("add", 1)] }, task("identity", "x")];
    expect(await run(client(), { group: members })).toEqual([2, 5, "x"]);
  });

  it("tells members their group and place", async () => {
    const sent = await client().apply({ group: [task("request"), task("request")] });
    const got = await Promise.all((sent.members ?? []).map(({ id }) => client().get(id)));
    const members = sent.members ?? [];
    expect(got).toMatchObject(members.map(({ id }) => ({ value: { id, group: sent.id, root_id: id } })));
    // Python counts members since 5.3.
    if (language === "node" || contract.pythonVersion >= "5.3")
      expect(got).toMatchObject([0, 1].map((group_index) => ({ value: { group_index } })));
  });

  it("sends a group as the last step of a chain", async () => {
    const sent = await client().apply({ chain: [task("ids", 1), { group: [task("ids", 2), task("ids", 3)] }] });
    const first = sent.parent?.id ?? (sent.members?.[0]?.parent?.id as string | undefined);
    const got = (await client().get(sent.id)) as { value: [string, string, number][] };
    expect(got.value.map(([, , value]) => value)).toEqual([2, 3]);
    for (const [root, parent] of got.value) expect(root).toBe(parent);
    if (first !== undefined) expect(got.value[0]?.[0]).toBe(first);
  });

  it("maps, starmaps and chunks", async () => {
    expect(await run(client(), { map: "c.identity", items: [1, "b", [3]] })).toEqual([1, "b", [3]]);
    expect(
      await run(client(), {
        starmap: "c.add",
        items: [
          [1, 2],
          [3, 4, 5],
        ],
      }),
    ).toEqual([3, 12]);
    const items = [1, 2, 3, 4, 5].map((x) => [x, x]);
    expect(await run(client(), { chunks: "c.add", items, size: 2 })).toEqual([[2, 4], [6, 8], [10]]);
  });
}

/** What needs a result backend that can join: chords, replaced tasks whose results must be found again. */
export function describeChords(contract: Contract, language: Language): void {
  const client = () => contract.client(language);
  const adds = (...pairs: [number, number][]): Call[] => pairs.map(([x, y]) => task("add", x, y));

  it("runs the body of a chord with all results, in order", async () => {
    const header = [task("identity", 3), task("identity", 1), task("identity", 2)];
    expect(await run(client(), { chord: header, body: task("identity") })).toEqual([3, 1, 2]);
    expect(await run(client(), { chord: adds([1, 2], [3, 4]), body: task("xsum") })).toBe(10);
  });

  it("runs the body at once when the header is empty", async () => {
    expect(await run(client(), { chord: [], body: task("identity") })).toEqual([]);
  });

  it("gives the body its root and parent: who sent the chord, and for a chain the last task of the header", async () => {
    const header = [immutable("ids", 2), immutable("ids", 3)];
    const plain = await client().apply({ chain: [task("ids", 1), { chord: header, body: task("ids", 4) }] });
    const first = plain.parent?.parent?.id;
    expect(await client().get(plain.id)).toEqual({ value: [first, first, 4] });
    const body = { chain: [task("ids", 4), immutable("ids", 5)] };
    const chained = await client().apply({ chain: [task("ids", 1), { chord: header, body }] });
    const joined = chained.parent as Sent;
    const got = (await client().get(joined.id)) as { value: [string, string, number] };
    expect(got.value[0]).toBe(joined.parent?.parent?.id);
    expect(joined.parent?.members?.map(({ id }) => id)).toContain(got.value[1]);
  });

  it("makes a chord of a group that is followed by a task, and goes on after it", async () => {
    const group = { group: [task("add", 10), task("add", 20)] };
    expect(await run(client(), { chain: [task("add", 1, 1), group, task("xsum"), task("add", 5)] })).toBe(39);
  });

  it("joins chords in chords, chains and groups in headers", async () => {
    const inner = { chord: adds([1, 1], [2, 2]), body: task("xsum") };
    const chain = { chain: [task("add", 1, 1), task("add", 100)] };
    const header = [inner, chain, task("add", 5, 5)];
    expect(await run(client(), { chord: header, body: task("xsum") })).toBe(118);
  });

  it("runs a group as the body, and chords one after another", async () => {
    const body = { group: [task("xsum"), task("identity")] };
    expect(await run(client(), { chord: adds([1, 1], [2, 2]), body })).toEqual([6, [2, 4]]);
    const groups = [
      { group: adds([1, 1], [2, 2]) },
      task("xsum"),
      { group: [task("add", 1), task("add", 2)] },
      task("xsum"),
    ];
    expect(await run(client(), { chain: groups })).toBe(15);
  });

  it("fails the body when a header task fails, and tells its errbacks", async () => {
    const key = contract.newRecord();
    const sent = await client().apply({
      chord: [task("add", 1, 1), task("fail")],
      body: { ...task("xsum"), linkError: [{ task: "c.on_error_old", kwargs: { key } }] },
    });
    expect(await contract.recorded(key, 1)).toEqual([sent.id]);
    expect((await client().get(sent.id)) as object).toHaveProperty("error");
    const { result } = await finalInfo(client(), sent.id);
    expect(JSON.stringify(result)).toContain("Dependency");
  });

  it("replaces a task under its id, by a task, a chain, and a group", async () => {
    expect(await run(client(), task("replace_add", 1, 2))).toBe(3);
    expect(await run(client(), task("replace_chain", 4))).toBe(5);
    expect(await run(client(), task("replace_group", [1, 2, 3], 10))).toEqual([11, 12, 13]);
    const sent = await client().apply(task("replace"));
    expect(await client().get(sent.id)).toMatchObject({ value: { id: sent.id, root_id: sent.id, parent_id: sent.id } });
  });

  it("goes on after a replaced step of a chain, and joins a replaced header task", async () => {
    const steps = [task("replace_chain", 1), task("add", 10), task("replace_add", 100), task("add", 1000)];
    expect(await run(client(), { chain: steps })).toBe(1112);
    const header = [task("replace_group", [1, 2], 0), task("replace_add", 1, 1), task("replace_chain", 7)];
    expect(await run(client(), { chord: header, body: task("xsum") })).toBe(13);
  });

  it("names the next step and the callbacks as children", async () => {
    const sent = await client().apply({ chain: [{ ...task("add", 1, 1), link: [task("add", 5)] }, task("add", 2)] });
    await client().get(sent.id);
    const { children } = await finalInfo(client(), sent.parent?.id ?? "");
    expect(children).toHaveLength(2);
    expect(children.at(-1)).toMatchObject({ id: sent.id });
  });
}

/** A result is stored after what follows was sent, so it may come later than the results of those. */
async function finalInfo(client: Peer, id: string): Promise<Info> {
  return await waitUntil(async () => {
    const info = await client.info(id);
    return info.state === "SUCCESS" || info.state === "FAILURE" ? info : null;
  }, `a final state of ${id}`);
}
