import { getPriority } from "node:os";
import type { KernelContext } from "../../../../../src/celery/kernel.js";

export type Behaviour =
  | { readonly do: "double"; readonly value: number }
  | { readonly do: "count"; readonly to: number }
  | { readonly do: "throw" }
  | { readonly do: "loop" }
  | { readonly do: "until-cancelled" }
  | { readonly do: "exit" }
  | { readonly do: "throw-later" }
  | { readonly do: "exhaust-memory" }
  | { readonly do: "priority" }
  | { readonly do: "spin"; readonly ms: number };

/** A kernel that behaves as the tests ask, also badly. */
export async function run(behaviour: Behaviour, context: KernelContext<number>): Promise<unknown> {
  switch (behaviour.do) {
    case "double":
      return behaviour.value * 2;
    case "count":
      for (let index = 1; index <= behaviour.to; index++) context.progress(index);
      return behaviour.to;
    case "throw":
      throw Object.assign(new RangeError("out of range"), { code: "E_RANGE" });
    case "loop":
      for (;;) Math.random();
    case "until-cancelled":
      while (!context.cancelled()) Math.random();
      return "best so far";
    case "exit":
      process.exit(3);
      break;
    case "throw-later":
      setTimeout(() => {
        throw new Error("thrown asynchronously");
      }, 1);
      return new Promise(() => undefined);
    case "exhaust-memory": {
      const kept: number[][] = [];
      for (;;) kept.push(new Array(100_000).fill(1.5));
    }
    case "priority":
      return getPriority();
    case "spin": {
      const end = performance.now() + behaviour.ms;
      while (performance.now() < end) Math.random();
      return behaviour.ms;
    }
  }
}
