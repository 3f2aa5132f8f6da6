import { describe, expect, it } from "vitest";
import { chainOf } from "../../../../src/celery/canvas/compose.js";
import { chordSize, type FreezeContext, freeze, prepareSteps } from "../../../../src/celery/canvas/freeze.js";
import {
  chainNode,
  chordNode,
  cloneNode,
  groupNode,
  mergeCall,
  type ResultNode,
  resultTuple,
  taskNode,
  tasksOf,
} from "../../../../src/celery/canvas/node.js";

const context: FreezeContext = { replyTo: "me", errbacksOnHeader: false, ensureChordsAllowed: () => undefined };
const t = (name: string) => taskNode(name);
const parents = (result: ResultNode): string[] =>
  result.parent === null ? [result.id] : [result.id, ...parents(result.parent)];

describe("freeze", () => {
  it("gives a task id, reply address and place once", () => {
    const node = t("a");
    const first = freeze(node, { id: "1", groupId: "g", rootId: "r", groupIndex: 2 }, context);
    expect(node.options).toEqual({ task_id: "1", root_id: "r", reply_to: "me", group_id: "g", group_index: 2 });
    expect(freeze(node, { id: "2", groupId: "h" }, { ...context, replyTo: "other" })).toEqual(first);
    expect(node.options).toMatchObject({ task_id: "1", reply_to: "me", group_id: "g" });
  });

  it("results in the last step of a chain, with the steps before it as parents", () => {
    const node = chainNode([t("a"), t("b"), t("c")]);
    const result = freeze(node, { id: "last", groupId: "g", rootId: "r" }, context);
    const ids = tasksOf(node).map(({ options }) => options.task_id);
    expect(result.id).toBe("last");
    expect(parents(result)).toEqual(ids.toReversed());
    expect(tasksOf(node).map(({ options }) => options.group_id)).toEqual([undefined, undefined, "g"]);
    expect(node.options.task_id).toBe("last");
  });

  it("makes nested groups one", () => {
    const node = groupNode([t("a"), groupNode([t("b"), groupNode([t("c")])])]);
    const result = freeze(node, {}, context);
    expect(tasksOf(node).map(({ task, options }) => [task, options.group_index])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
    expect(result.members?.map(({ id }) => id)).toEqual(tasksOf(node).map(({ options }) => options.task_id));
  });

  it("results in the body of a chord, whose parent is the header", () => {
    const body = t("body");
    const node = chordNode([t("a"), t("b")], body);
    const result = freeze(node, { id: "body id" }, context);
    expect(result.id).toBe("body id");
    expect(result.parent?.members).toHaveLength(2);
    expect(node.options.task_id).toBe(result.parent?.id);
    expect(JSON.stringify(node.kwargs.header)).toContain('"chord":{"task":"body"');
  });

  it("keeps what a frozen chain was made of: sent again it has the same ids", () => {
    const node = chainNode([t("a"), groupNode([t("b"), t("c")]), t("d")]);
    const frozen = freeze(node, {}, context);
    const { results } = prepareSteps(tasksOf(node), { clone: true }, context);
    expect(resultTuple(results[0] as ResultNode)).toEqual(resultTuple(frozen));
  });

  it("asks whether chords are possible", () => {
    const refusing = {
      ...context,
      ensureChordsAllowed: () => {
        throw new Error("no chords");
      },
    };
    expect(() => freeze(chainOf([groupNode([t("a"), t("b")]), t("c"), t("d")]), {}, refusing)).not.toThrow();
    expect(() => freeze(chainOf([t("a"), groupNode([t("a"), t("b")]), t("c")]), {}, refusing)).toThrow("no chords");
  });
});

describe("prepareSteps", () => {
  it("puts the last step first, and the partial arguments to the first one", () => {
    const steps = [taskNode("a", [2]), taskNode("b", [3])];
    const { tasks } = prepareSteps(steps, { args: [1], kwargs: { x: 1 }, clone: true }, context);
    expect(tasks.map(({ task, args }) => [task, args])).toEqual([
      ["b", [3]],
      ["a", [1, 2]],
    ]);
    expect(steps[0]?.options).toEqual({});
  });

  it("splices chains, drops empty groups, makes chords of groups that something follows", () => {
    const steps = [chainNode([t("a"), t("b")]), groupNode([]), groupNode([t("c"), t("d")]), t("e")];
    const { tasks, results } = prepareSteps(steps, { clone: true }, context);
    expect(tasks.map(({ task }) => task)).toEqual(["celery.chord", "b", "a"]);
    const ids = parents(results[0] as ResultNode);
    expect(ids).toHaveLength(4);
  });
});

describe("chordSize", () => {
  it.each([
    [t("a"), 1],
    [groupNode([t("a"), groupNode([t("b"), t("c")])]), 3],
    [chainNode([t("a"), t("b")]), 1],
    [chainNode([t("a"), groupNode([t("b"), t("c")])]), 2],
    [chainNode([t("a"), groupNode([])]), 1],
    [chainNode([]), 0],
    [chordNode([t("a"), t("b"), t("c")], groupNode([t("d"), t("e")])), 2],
    [chordNode([t("a")], null), 0],
  ])("%#", (node, size) => {
    expect(chordSize(node)).toBe(size);
  });
});

describe("mergeCall", () => {
  it("prepends arguments, unless the signature is immutable", () => {
    const node = taskNode("a", [2], { x: 1 });
    expect(mergeCall(node, [1], { y: 2 }, {})).toMatchObject({ args: [1, 2], kwargs: { x: 1, y: 2 } });
    expect(mergeCall({ ...node, immutable: true }, [1], { y: 2 }, {})).toMatchObject({ args: [2], kwargs: { x: 1 } });
  });

  it("takes options over, but no nulls, no other group, no other stamps", () => {
    const options = { queue: "q", group_id: "g", stamped_headers: ["s"], s: 1 };
    const given = { queue: "other", priority: null, group_id: "h", stamped_headers: ["z"], s: 2, time_limit: 3 };
    expect(mergeCall(taskNode("a", [], {}, options), [], {}, given).options).toEqual({
      ...options,
      queue: "other",
      time_limit: 3,
    });
    expect(mergeCall(t("a"), [], {}, { group_id: "h" }).options).toEqual({ group_id: "h" });
  });
});

describe("cloneNode", () => {
  it("shares no option, step or body with the original", () => {
    const node = chainNode([chordNode([t("a")], t("b"))], { link: [t("c")] });
    const before = structuredClone(node);
    freeze(cloneNode(node), {}, context);
    const copy = cloneNode(node);
    copy.options.link = [];
    expect(node).toEqual(before);
  });
});
