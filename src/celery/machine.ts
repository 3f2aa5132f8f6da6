import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join, relative } from "node:path";

/** What this process may use of its host. */
export interface Machine {
  /** CPUs to plan with: those the process may run on, or fewer where a quota gives less time. At least 1. */
  readonly cpus: number;
  /** CPUs' worth of time that the control groups allow, e.g. 1.5; null without a quota. */
  readonly cpuQuota: number | null;
  /** Memory to plan with, in bytes: the host's, or what the control groups allow. */
  readonly memoryBytes: number;
  /** Bytes that the control groups allow; null without a limit. */
  readonly memoryLimit: number | null;
}

const CONTROLLERS = ["cpu", "memory"] as const;
type Controller = (typeof CONTROLLERS)[number];

/** A mounted hierarchy of control groups, and the group of this process in it. */
interface Hierarchy {
  readonly version: 1 | 2;
  /** Where the hierarchy is mounted. */
  readonly mountPoint: string;
  /** The process's group below that, such as `a/b`; empty for the mounted group itself. */
  readonly group: string;
  /** Those of the two controllers whose files it may hold. */
  readonly controllers: readonly Controller[];
}

let known: Machine | null = null;

/** A machine in words: `2 CPUs (quota 2.5), 512 MiB (limit)`. */
export function describeMachine({ cpus, cpuQuota, memoryBytes, memoryLimit }: Machine): string {
  const quota = cpuQuota === null ? "" : ` (quota ${Number(cpuQuota.toFixed(2))})`;
  const memory = `${Math.round(memoryBytes / 2 ** 20)} MiB${memoryLimit === null ? "" : " (limit)"}`;
  return `${cpus} ${cpus === 1 ? "CPU" : "CPUs"}${quota}, ${memory}`;
}

/** What this process may use, as it was when it was first asked. */
export function machine(): Machine {
  known ??= readMachine("/", { cpus: availableParallelism(), memoryBytes: totalmem() });
  return known;
}

/**
 * Reads the limits of the control groups (version 2: `cpu.max`, `memory.max`; version 1: `cpu.cfs_quota_us`,
 * `memory.limit_in_bytes`) that this process is in. Groups are nested: the smallest limit on the way up holds. Part of a
 * CPU is not planned with, as in Node's own count from 22 on: a process that computes in more threads than its quota has
 * CPUs is stopped, main thread and all, for part of every period.
 *
 * @param root directory that holds `proc` and `sys`
 * @param host what the process may use without the limits
 */
export function readMachine(root: string, host: Pick<Machine, "cpus" | "memoryBytes">): Machine {
  const hierarchies = hierarchiesOf(root);
  const cpuQuota = smallest(hierarchies.flatMap((hierarchy) => limits(root, hierarchy, "cpu", cpuQuotaOf)));
  const allowed = smallest(hierarchies.flatMap((hierarchy) => limits(root, hierarchy, "memory", memoryLimitOf)));
  // Version 1 writes a number larger than any memory where there is no limit.
  const memoryLimit = allowed !== null && allowed < host.memoryBytes ? allowed : null;
  return {
    cpus: Math.max(1, Math.min(host.cpus, Math.floor(cpuQuota ?? host.cpus))),
    cpuQuota,
    memoryBytes: memoryLimit ?? host.memoryBytes,
    memoryLimit,
  };
}

function smallest(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

/** The limits of a group and of all above it. */
function limits(
  root: string,
  { version, mountPoint, group, controllers }: Hierarchy,
  controller: Controller,
  limitOf: (version: 1 | 2, directory: string) => number | null,
): number[] {
  if (!controllers.includes(controller)) return [];
  const parts = group.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, depth) =>
    limitOf(version, join(root, mountPoint, ...parts.slice(0, depth))),
  ).filter((limit) => limit !== null);
}

function cpuQuotaOf(version: 1 | 2, directory: string): number | null {
  const [quota, period] =
    version === 2
      ? (read(join(directory, "cpu.max"))?.split(/\s+/) ?? [])
      : [read(join(directory, "cpu.cfs_quota_us")), read(join(directory, "cpu.cfs_period_us"))];
  const cpus = Number(quota) / Number(period);
  return cpus > 0 && Number.isFinite(cpus) ? cpus : null;
}

function memoryLimitOf(version: 1 | 2, directory: string): number | null {
  const bytes = Number(read(join(directory, version === 2 ? "memory.max" : "memory.limit_in_bytes")));
  return bytes > 0 && Number.isFinite(bytes) ? bytes : null;
}

/** Every mounted hierarchy, with this process's group in it; none where there are no control groups. */
function hierarchiesOf(root: string): Hierarchy[] {
  const groups = groupsOf(root);
  return (read(join(root, "proc/self/mountinfo")) ?? "").split("\n").flatMap((line) => {
    // "36 35 98:0 /root /mount/point rw,noatime master:1 - type source options"
    const [before = "", after = ""] = line.split(" - ");
    const [, , , mountRoot, mountPoint] = before.split(" ").map(unescaped);
    const [type, , options = ""] = after.split(" ");
    if (mountRoot === undefined || mountPoint === undefined) return [];
    const hierarchy = (version: 1 | 2, name: string, controllers: readonly Controller[]): Hierarchy => ({
      version,
      mountPoint,
      group: below(mountRoot, groups.get(name) ?? "/"),
      controllers,
    });
    if (type === "cgroup2") return [hierarchy(2, "", CONTROLLERS)];
    if (type !== "cgroup") return [];
    const mounted = options.split(",");
    return CONTROLLERS.filter((name) => mounted.includes(name)).map((name) => hierarchy(1, name, [name]));
  });
}

/** Paths of this process's groups by controller; that of version 2 stands under the empty name. */
function groupsOf(root: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of (read(join(root, "proc/self/cgroup")) ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(",")) groups.set(controller, path);
  }
  return groups;
}

/**
 * A group's path below the one that is mounted. A container may see its own group mounted as the root while `/proc` still
 * names it by the host's path, or by one outside of its namespace: then the mounted group is its own.
 */
function below(mountRoot: string, path: string): string {
  const group = relative(mountRoot, path);
  return group.startsWith("..") || path.startsWith("/..") ? "" : group;
}

/** Spaces and the like in paths of mountinfo are octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** The text without its line end; undefined where it cannot be read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
