import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { Autoscaler } from "../../../../../src/celery/worker/remote/autoscaler.js";

const log = pino({ level: "silent" });
const pool = { concurrency: 1, load: 0, resize: (size: number) => void Object.assign(pool, { concurrency: size }) };
let autoscaler: Autoscaler;
const create = (load: number) => {
  Object.assign(pool, { concurrency: 1, load });
  autoscaler = new Autoscaler(pool, { max: 5, min: 1 }, log);
  return autoscaler;
};
afterEach(() => autoscaler.close());

it("grows to the load at once, to its maximum at most", () => {
  create(3).scale(0);
  expect(pool.concurrency).toBe(3);
  pool.load = 50;
  autoscaler.scale(1);
  expect(autoscaler.stats).toEqual({ max: 5, min: 1, current: 5, qty: 50 });
});

it("shrinks to what is left only half a minute after it last grew", () => {
  create(5).scale(0);
  pool.load = 2;
  autoscaler.scale(29_000);
  expect(pool.concurrency).toBe(5);
  autoscaler.scale(31_000);
  expect(pool.concurrency).toBe(2);
  pool.load = 0;
  autoscaler.scale(32_000);
  expect(pool.concurrency).toBe(1);
});

it("keeps to new bounds at once, and never to nothing", () => {
  create(5).scale(0);
  expect(autoscaler.update(3, null)).toEqual({ max: 3, min: 1 });
  expect(pool.concurrency).toBe(3);
  expect(autoscaler.update(6, 4)).toEqual({ max: 6, min: 4 });
  expect(pool.concurrency).toBe(4);
  expect(autoscaler.update(0, 9)).toEqual({ max: 1, min: 1 });
  expect(pool.concurrency).toBe(1);
});
