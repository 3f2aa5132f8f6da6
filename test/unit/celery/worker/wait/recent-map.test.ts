import fc from "fast-check";
import { expect, it } from "vitest";
import { RecentMap } from "../../../../../src/celery/worker/wait/recent.js";

const key = fc.constantFrom("a", "b", "c", "d", "e");
const step = fc.oneof(fc.record({ set: key }), fc.record({ remove: key }));

it("holds what a list of the last keys would, oldest first, whatever came and went", () => {
  fc.assert(
    fc.property(fc.nat({ max: 4 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
      const map = new RecentMap<number>(limit);
      let list: [string, number][] = [];
      for (const [index, step] of steps.entries()) {
        const changed = "set" in step ? step.set : step.remove;
        list = list.filter(([known]) => known !== changed);
        if ("set" in step) {
          map.set(changed, index);
          list = [...list, [changed, index] as [string, number]].slice(-limit || list.length + 1);
        } else map.delete(changed);
        expect([...map]).toEqual(list);
        expect(map.size).toBe(list.length);
        for (const name of ["a", "b", "c", "d", "e"]) expect(map.get(name)).toBe(new Map(list).get(name));
      }
    }),
  );
});
