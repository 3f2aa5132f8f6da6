/** Deeper values count as too large: the look at them is recursive. */
const MAX_DEPTH = 100;
const CONTAINER = 8;
const SCALAR = 4;

/**
 * Whether a value, written by a serializer, has about `limit` bytes at most. Looks at no more of it than that, so the
 * answer costs little however large the value is.
 */
export function fitsIn(value: unknown, limit: number): boolean {
  return remaining(value, limit, 0) >= 0;
}

/** What is left of the limit; negative once nothing is. */
function remaining(value: unknown, left: number, depth: number): number {
  switch (typeof value) {
    case "string":
      return left - value.length - SCALAR;
    case "bigint":
      // The largest that is written has 4,300 digits.
      return left - 4300;
    case "object":
      if (value === null) return left - SCALAR;
      return depth === MAX_DEPTH ? -1 : remainingAfter(value, left - CONTAINER, depth + 1);
    default:
      return left - SCALAR;
  }
}

function remainingAfter(container: object, limit: number, depth: number): number {
  if (ArrayBuffer.isView(container)) return limit - container.byteLength * 2;
  let left = limit;
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length && left >= 0; index += 1)
      left = remaining(container[index], left - 1, depth);
    return left;
  }
  for (const key in container) {
    if (left < 0) return left;
    left = remaining((container as Readonly<Record<string, unknown>>)[key], left - key.length - SCALAR, depth);
  }
  return left;
}
