import { withDeadline } from "../../support/deadline.js";
import { broker } from "./cases/broker.js";
import { clusters } from "./cases/cluster.js";
import { connections } from "./cases/connections.js";
import { database } from "./cases/database.js";
import { hostiles } from "./cases/hostile.js";
import { kills } from "./cases/kills.js";
import { load } from "./cases/load.js";
import type { FaultCase, Figures } from "./fault-case.js";
import { Stage } from "./stage.js";

/** Every case, in the order of the table. */
export const CASES: readonly FaultCase[] = [
  ...kills,
  ...database,
  ...connections,
  ...broker,
  ...clusters,
  ...hostiles,
  ...load,
];

export interface RunOptions {
  /** Told of what happens meanwhile. */
  readonly say?: (line: string) => void;
  /** See {@link Stage.spoils}. */
  readonly spoils?: boolean;
  /** Fiftieth of the jobs and of the time, to try the case itself. */
  readonly small?: boolean;
}

const SMALL_PART = 1 / 50;

/**
 * Runs one case on services of its own; nothing of it runs when this settles.
 *
 * @throws when the case could not be played through, or took longer than its deadline
 */
export async function runCase(
  fault: FaultCase,
  { say = () => undefined, spoils = false, small = false }: RunOptions = {},
) {
  const stage = new Stage(say, spoils, small ? SMALL_PART : 1);
  try {
    const run: Promise<Figures> = fault.run(stage);
    return await withDeadline(run, fault.deadline * 1000, () => `${fault.name} did not end within ${fault.deadline} s`);
  } finally {
    await stage.close();
  }
}
