import fc from "fast-check";
import { expect, it } from "vitest";
import { type Kept, MessageMemory } from "../../../../../src/celery/worker/broker/returns.js";

const identity = fc.record({ key: fc.constantFrom("a", "b"), mark: fc.constantFrom("1", "2") });
const step = fc.oneof(
  fc.record({ add: identity }),
  fc.record({ deleteAt: fc.nat() }),
  fc.constant({ deleteOldest: true as const }),
);

it("finds what a list would find, oldest first, whatever came and went", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new MessageMemory<number>();
      let list: Kept<number>[] = [];
      for (const [index, step] of steps.entries()) {
        if ("add" in step) list.push(memory.add(step.add, index));
        else {
          const gone = "deleteOldest" in step ? memory.oldest : list[step.deleteAt % list.length];
          if (gone == null) continue;
          memory.delete(gone);
          list = list.filter((kept) => kept !== gone);
        }
        expect(memory.size).toBe(list.length);
        expect(memory.oldest).toBe(list[0] ?? null);
        for (const key of ["a", "b"])
          for (const mark of ["1", "2"]) {
            const equal = list.filter((kept) => kept.identity.key === key && kept.identity.mark === mark);
            expect(memory.equal({ key, mark }).map(({ value }) => value)).toEqual(equal.map(({ value }) => value));
          }
      }
    }),
  );
});
