/**
 * What `actual` lacks of the shape of `expected`: keys that are missing and values of another type. Null fits anything, and
 * of lists the first elements are compared.
 */
export function shapeDifferences(expected: unknown, actual: unknown, path = "$"): string[] {
  if (expected === null || actual === null) return [];
  if (Array.isArray(expected) || Array.isArray(actual)) {
    if (!Array.isArray(expected) || !Array.isArray(actual)) return [`${path}: ${kind(expected)} or ${kind(actual)}`];
    if (expected.length === 0 || actual.length === 0)
      return expected.length === actual.length ? [] : [`${path}: empty`];
    return shapeDifferences(expected[0], actual[0], `${path}[0]`);
  }
  if (typeof expected !== typeof actual) return [`${path}: ${kind(expected)} or ${kind(actual)}`];
  if (typeof expected !== "object") return [];
  return Object.entries(expected).flatMap(([key, value]) => {
    const own = actual as Record<string, unknown>;
    return Object.hasOwn(own, key) ? shapeDifferences(value, own[key], `${path}.${key}`) : [`${path}.${key}: missing`];
  });
}

function kind(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}
