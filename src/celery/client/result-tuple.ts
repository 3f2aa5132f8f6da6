import type { ResultTuple } from "../results/backend.js";
import { AsyncResult } from "./async-result.js";
import { GroupResult } from "./group-result.js";
import type { AnyResult, ResultReader } from "./result-reader.js";

/** Rebuilds results from the form they have in messages. */
export function resultFromTuple(tuple: ResultTuple, reader: ResultReader): AnyResult {
  const [[id, parent], members] = tuple;
  const before = Array.isArray(parent)
    ? resultFromTuple(parent as unknown as ResultTuple, reader)
    : typeof parent === "string"
      ? new AsyncResult(parent, reader)
      : null;
  if (members === null) return new AsyncResult(id, reader, before);
  return new GroupResult(
    id,
    members.map((member) => resultFromTuple(member, reader)),
    reader,
    before,
  );
}
