import { expect, it } from "vitest";
import type { Request } from "../../../../src/celery/worker/request.js";
import { Requests } from "../../../../src/celery/worker/request.js";

const request = (id: string) => ({ id }) as Request;

it("keeps every request of one id, in order of arrival", () => {
  const requests = new Requests();
  const [a, b, c] = [request("one"), request("one"), request("two")];
  for (const each of [a, b, c]) requests.add(each);
  requests.add(a);
  expect(requests.withId("one")).toEqual([a, b]);
  expect([...requests]).toEqual([a, b, c]);
  requests.delete(a);
  requests.delete(a);
  expect(requests.withId("one")).toEqual([b]);
  requests.delete(b);
  expect([requests.has("one"), requests.has("two")]).toEqual([false, true]);
});

it("finds a request under the id that its body has, once that is read", () => {
  const requests = new Requests();
  const late = { id: "of the headers" };
  requests.add(late as Request);
  late.id = "of the body";
  requests.add(late as Request);
  expect([requests.has("of the headers"), requests.withId("of the body")]).toEqual([false, [late]]);
  requests.delete(late as Request);
  expect([...requests]).toEqual([]);
});
