import { withDeadline } from "./deadline.js";

type Truthy<T> = Exclude<T, null | undefined | false | 0 | "">;

/**
 * Polls until the condition holds.
 *
 * @throws when it does not within the deadline, also when it never settles; the message shows the last value
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  what = "the condition",
  timeoutMs = 60_000,
): Promise<Truthy<T>> {
  const end = Date.now() + timeoutMs;
  let last: T | undefined;
  const lastValue = () => `last value: ${JSON.stringify(last)?.slice(0, 3000)}`;
  const poll = async () => {
    while (Date.now() < end) {
      last = await condition();
      if (last) return last as Truthy<T>;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${what} did not hold within ${timeoutMs} ms; ${lastValue()}`);
  };
  // A condition that answers late is told by poll; this is for one that never answers.
  const hangMs = timeoutMs + 5000;
  return await withDeadline(poll(), hangMs, () => `asking for ${what} hung for ${hangMs} ms; ${lastValue()}`);
}
