import { describe, expect, it } from "vitest";
import { chainOf, pipe } from "../../../../src/celery/canvas/compose.js";
import { linkError } from "../../../../src/celery/canvas/links.js";
import {
  bodyOf,
  chainNode,
  chordNode,
  groupNode,
  headerOf,
  isChain,
  isChord,
  isGroup,
  listOption,
  readNode,
  type SignatureNode,
  taskNode,
  tasksOf,
} from "../../../../src/celery/canvas/node.js";

const t = (name: string) => taskNode(name);
const group = (...names: string[]) => groupNode(names.map(t));

/** `a | (b, c)> d`: a chain of a and the chord of header b, c and body d. */
function shape(node: SignatureNode): string {
  if (isChain(node)) return `[${tasksOf(node).map(shape).join(" | ")}]`;
  if (isGroup(node)) return `(${tasksOf(node).map(shape).join(", ")})`;
  if (!isChord(node)) return node.task;
  const body = bodyOf(node);
  return `(${headerOf(node).map(shape).join(", ")})>${body === null ? "-" : shape(body)}`;
}

describe("pipe", () => {
  const chord = () => chordNode([t("h"), t("i")], t("b"));
  it.each<[string, SignatureNode[], string]>([
    ["tasks make a chain", [t("a"), t("b"), t("c")], "[a | b | c]"],
    ["chains are spliced", [chainNode([t("a"), t("b")]), chainNode([t("c"), t("d")])], "[a | b | c | d]"],
    ["a group of one is that one", [t("a"), group("b"), t("c")], "[a | b | c]"],
    ["a group at the end stays a group", [t("a"), group("b", "c")], "[a | (b, c)]"],
    ["a group before a task becomes a chord", [t("a"), group("b", "c"), t("d")], "[a | (b, c)>d]"],
    ["what follows a chord joins its body", [t("a"), group("b", "c"), t("d"), t("e")], "[a | (b, c)>[d | e]]"],
    ["a group alone is a group", [group("a", "b")], "(a, b)"],
    ["a group first", [group("a", "b"), t("c")], "(a, b)>c"],
    ["two groups", [group("a", "b"), group("c", "d")], "(a, b)>(c, d)"],
    ["groups between tasks", [t("a"), group("b", "c"), t("d"), group("e", "f"), t("g")], "[a | (b, c)>[d | (e, f)>g]]"],
    ["a chord, then a task", [chord(), t("c")], "(h, i)>[b | c]"],
    ["a chord, then a chain", [chord(), chainNode([t("c"), t("d")])], "[(h, i)>b | c | d]"],
    ["a chord in a chain, then a group", [t("a"), chord(), group("c", "d")], "[a | (h, i)>[b | (c, d)]]"],
    ["a chord after a task", [t("a"), chord()], "[a | (h, i)>b]"],
    ["an empty group adds nothing", [group("a", "b"), groupNode([])], "(a, b)"],
  ])("%s", (_, [first, ...rest], expected) => {
    expect(shape(rest.reduce(pipe, first as SignatureNode))).toBe(expected);
  });

  it("leaves its operands as they are", () => {
    const left = chainNode([t("a"), chord()]);
    const before = structuredClone(left);
    pipe(pipe(left, t("c")), group("d", "e"));
    expect(left).toEqual(before);
  });

  it("gives callbacks of a chain to its last step, and errbacks to each", () => {
    const chain = chainNode([t("a"), t("b")], { link: [t("callback")], link_error: [t("errback")] });
    const tasks = tasksOf(pipe(chain, t("c")));
    expect(tasks.map(({ options }) => listOption(options, "link").map(shape))).toEqual([[], ["callback"], []]);
    expect(tasks.map(({ options }) => listOption(options, "link_error").map(shape))).toEqual([
      ["errback"],
      ["errback"],
      [],
    ]);
  });

  it("makes of chain(…) what the operator makes", () => {
    expect(shape(chainOf([t("a"), group("b", "c"), t("d")]))).toBe("[a | (b, c)>d]");
    expect(shape(chainOf([group("b", "c")]))).toBe("(b, c)");
    expect(shape(chainOf([]))).toBe("[]");
  });
});

describe("linkError", () => {
  it("goes to each member of a group, once", () => {
    const node = group("a", "b");
    linkError(node, t("e"), false);
    linkError(node, t("e"), false);
    expect(tasksOf(node).map(({ options }) => listOption(options, "link_error").length)).toEqual([1, 1]);
  });

  it("goes to the body of a chord, and to its header when that is set", () => {
    const names = (node: SignatureNode) =>
      [...headerOf(node), bodyOf(node) as SignatureNode].map(({ options }) => listOption(options, "link_error").length);
    const [body, all] = [chordNode([t("h"), t("i")], t("b")), chordNode([t("h"), t("i")], t("b"))];
    linkError(body, t("e"), false);
    linkError(all, t("e"), true);
    expect(names(body)).toEqual([0, 0, 1]);
    expect(names(all)).toEqual([1, 1, 1]);
    expect(listOption(headerOf(all)[0]?.options ?? {}, "link_error")[0]?.immutable).toBe(true);
  });
});

describe("readNode", () => {
  it("fills in what old or foreign clients leave out", () => {
    expect(readNode({ task: "a" })).toEqual({
      task: "a",
      args: [],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
    });
  });

  it("reads members, bodies, callbacks", () => {
    const wire = JSON.parse(
      JSON.stringify(chordNode([t("h"), group("i", "j")], chainNode([t("b")]), { link_error: t("e") })),
    );
    const node = readNode(wire);
    expect(shape(node)).toBe("(h, (i, j))>[b]");
    expect(listOption(node.options, "link_error").map(shape)).toEqual(["e"]);
  });

  it.each([null, 7, "add", [], {}, { task: "" }, { task: 1 }, { task: "a", args: {} }, { task: "a", options: [] }])(
    "refuses %j",
    (value) => {
      expect(() => readNode(value)).toThrow("malformed");
    },
  );

  it("refuses a canvas whose members are none", () => {
    expect(() => readNode({ ...chainNode([]), kwargs: {} })).toThrow("malformed");
    expect(() => readNode({ ...group(), kwargs: { tasks: [1] } })).toThrow("malformed");
  });
});
