import { describe, expect, it } from "vitest";
import { headerOf, tasksOf } from "../../../../src/celery/canvas/node.js";
import { chain, chord, group, Signature, signature } from "../../../../src/celery/client/signature.js";

const s = (name: string) => signature(name);
const stampsOf = ({ options }: { options: Record<string, unknown> }) =>
  Object.fromEntries(((options.stamped_headers as string[] | undefined) ?? []).map((name) => [name, options[name]]));

describe("stamp", () => {
  it("stamps a task, its callbacks and its errbacks", () => {
    const node = s("a").link(s("b")).linkError(s("c")).stamp({ who: "me" }).toJSON();
    expect(stampsOf(node)).toEqual({ who: "me" });
    expect(stampsOf((node.options.link as never)[0])).toEqual({ who: "me" });
    expect(stampsOf((node.options.link_error as never)[0])).toEqual({ who: "me" });
  });

  it("stamps every member of canvases", () => {
    const node = chain(s("a"), group(s("b"), s("c")), s("d"))
      .stamp({ run: 7 })
      .toJSON();
    expect(JSON.stringify(node).match(/"run":7/g)).toHaveLength(4);
    const body = chord([s("h")], s("b"))
      .stamp({ run: 7 })
      .toJSON();
    expect(JSON.stringify(body).match(/"run":7/g)).toHaveLength(2);
  });

  it("keeps the earlier of two stamps of one name, or gathers them", () => {
    const twice = s("a").stamp({ x: 1 });
    expect(stampsOf(twice.clone().stamp({ x: 2, y: 3 }).toJSON())).toEqual({ x: 2, y: 3 });
    expect(stampsOf(twice.clone().stamp({ x: 2 }, true).toJSON())).toEqual({ x: [2, 1] });
    expect(
      stampsOf(
        s("a")
          .stamp({ x: [1, 3] })
          .stamp({ x: 2 }, true)
          .toJSON(),
      ),
    ).toEqual({ x: [2, 1, 3] });
  });

  it("lets a visitor choose for each signature and canvas", () => {
    const visitor = {
      onSignature: ({ task }: { task: string }) => ({ task }),
      onChainStart: () => ({ in: "chain" }),
    };
    const [first, second] = tasksOf(chain(s("a"), s("b")).stamp(visitor).toJSON());
    expect([first, second].map((node) => node && stampsOf(node))).toEqual([
      { in: "chain", task: "a" },
      { in: "chain", task: "b" },
    ]);
  });
});

describe("a visitor", () => {
  /** Writes down every call, and stamps with its number. */
  function recorder() {
    const calls: string[] = [];
    const seen = (name: string) => (node: { task: string }) => {
      calls.push(`${name} ${node.task}`);
      return { [name]: calls.length };
    };
    const names = "Signature GroupStart GroupEnd ChainStart ChainEnd ChordBody Callback Errback".split(" ");
    return { calls, visitor: Object.fromEntries(names.map((name) => [`on${name}`, seen(name)])), seen };
  }

  it("is called in Celery's order: at the start and end of a canvas, and for links before their signature", () => {
    const { calls, visitor } = recorder();
    const linked = s("b").link(s("c")).linkError(s("d"));
    chord([chain(s("a"), linked), s("e")], s("f")).stamp(visitor);
    expect(calls).toEqual([
      "GroupStart celery.group",
      "ChainStart celery.chain",
      "Signature a",
      "Callback c",
      "Signature c",
      "Errback d",
      "Signature d",
      "Signature b",
      "ChainEnd celery.chain",
      "Signature e",
      "GroupEnd celery.group",
      "ChordBody celery.chord",
      "Signature f",
    ]);
  });

  it("with methods of its own for chord headers is given the chord, and not the header as a group", () => {
    const { calls, visitor, seen } = recorder();
    const own = { onChordHeaderStart: seen("HeaderStart"), onChordHeaderEnd: seen("HeaderEnd") };
    const node = chord([s("a")], s("b"))
      .stamp({ ...visitor, ...own })
      .toJSON();
    expect(calls).toEqual([
      "HeaderStart celery.chord",
      "Signature a",
      "HeaderEnd celery.chord",
      "ChordBody celery.chord",
      "Signature b",
    ]);
    expect(headerOf(node).map(stampsOf)).toEqual([{ HeaderStart: 1, Signature: 2 }]);
  });
});

describe("Signature", () => {
  it("belongs to no app until one sends it", async () => {
    await expect(s("a").delay()).rejects.toMatchObject({ code: "CELERY_INVALID_SIGNATURE" });
  });

  it("takes its sender from its members", async () => {
    const sent: string[] = [];
    const sender = {
      errbacksOnHeader: false,
      apply: (node: { task: string }) => {
        sent.push(node.task);
        return Promise.reject(new Error("enough"));
      },
      freeze: () => {
        throw new Error("not asked for");
      },
    };
    const bound = new Signature(s("a").toJSON(), sender);
    for (const canvas of [chain(s("x"), bound), group(bound), chord([s("x")], bound), bound.pipe(s("y"))])
      await expect(canvas.delay()).rejects.toThrow("enough");
    expect(sent).toEqual(["celery.chain", "celery.group", "celery.chord", "celery.chain"]);
  });
});
