type Truthy<T> = Exclude<T, null | undefined | false | 0 | "">;

/** Polls until the condition holds. @throws when it does not within the deadline; the message shows the last value */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  what = "the condition",
  timeoutMs = 20_000,
): Promise<Truthy<T>> {
  const end = Date.now() + timeoutMs;
  let last: T | undefined;
  while (Date.now() < end) {
    last = await condition();
    if (last) return last as Truthy<T>;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not hold within ${timeoutMs} ms; last value: ${JSON.stringify(last)}`);
}
