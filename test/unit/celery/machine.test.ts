import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { describeMachine, machine, readMachine } from "../../../src/celery/machine.js";

const GIB = 2 ** 30;
const HOST = { cpus: 8, memoryBytes: 16 * GIB };
const UNLIMITED = { cpus: 8, cpuQuota: null, memoryBytes: 16 * GIB, memoryLimit: null };
const V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw";
const V1_NONE = String(2 ** 63 - 4096);

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A root directory with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "machine-"));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const read = (files: Readonly<Record<string, string>>) => readMachine(rootWith(files), HOST);

describe("control groups of version 2", () => {
  const files = (cgroup: string, limits: Readonly<Record<string, string>>) => ({
    "proc/self/cgroup": cgroup,
    "proc/self/mountinfo": `25 30 0:23 / /sys rw - sysfs sysfs rw\n${V2_MOUNT}`,
    ...Object.fromEntries(Object.entries(limits).map(([path, text]) => [`sys/fs/cgroup/${path}`, text])),
  });

  it("limit CPUs and memory in a container, whose own group is the root", () => {
    expect(read(files("0::/", { "cpu.max": "200000 100000", "memory.max": String(GIB) }))).toEqual({
      cpus: 2,
      cpuQuota: 2,
      memoryBytes: GIB,
      memoryLimit: GIB,
    });
  });

  it.each([
    ["150000 100000", { cpus: 1, cpuQuota: 1.5 }],
    ["50000 100000", { cpus: 1, cpuQuota: 0.5 }],
    ["1600000 100000", { cpus: 8, cpuQuota: 16 }],
    ["max 100000", { cpus: 8, cpuQuota: null }],
    ["", { cpus: 8, cpuQuota: null }],
  ])("cpu.max %j", (text, expected) => {
    expect(read(files("0::/", { "cpu.max": text }))).toMatchObject(expected);
  });

  it("limit those below: the smallest on the way up holds", () => {
    const limits = {
      "a.slice/cpu.max": "300000 100000",
      "a.slice/memory.max": String(4 * GIB),
      "a.slice/b/cpu.max": "max 100000",
      "a.slice/b/memory.max": String(2 * GIB),
      "a.slice/b/c.scope/cpu.max": "600000 100000",
      "a.slice/b/c.scope/memory.max": "max",
      "a.slice/other/cpu.max": "100000 100000",
    };
    expect(read(files("0::/a.slice/b/c.scope", limits))).toMatchObject({ cpus: 3, memoryBytes: 2 * GIB });
  });

  it("limit nothing with max, or beyond what the host has", () => {
    expect(read(files("0::/", { "cpu.max": "max 100000", "memory.max": "max" }))).toEqual(UNLIMITED);
    expect(read(files("0::/", { "memory.max": String(64 * GIB) }))).toEqual(UNLIMITED);
  });

  it("take the mounted group for the process's own where its path is outside of the namespace", () => {
    expect(read(files("0::/../../x", { "memory.max": String(GIB) }))).toMatchObject({ memoryLimit: GIB });
  });
});

describe("control groups of version 1", () => {
  const mounts = (root: string) =>
    [
      `32 31 0:29 ${root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct`,
      `35 31 0:32 ${root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory`,
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ].join("\n");

  it.each([
    ["mounted from the host, by its path", "/", "docker/abc/"],
    ["mounted as the root of its container", "/docker/abc", ""],
  ])("limit CPUs and memory of a group %s", (_, mountRoot, place) => {
    const found = read({
      "proc/self/cgroup": "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc",
      "proc/self/mountinfo": mounts(mountRoot),
      [`sys/fs/cgroup/cpu,cpuacct/${place}cpu.cfs_quota_us`]: "250000",
      [`sys/fs/cgroup/cpu,cpuacct/${place}cpu.cfs_period_us`]: "100000",
      [`sys/fs/cgroup/memory/${place}memory.limit_in_bytes`]: String(512 * 2 ** 20),
    });
    expect(found).toEqual({ cpus: 2, cpuQuota: 2.5, memoryBytes: 512 * 2 ** 20, memoryLimit: 512 * 2 ** 20 });
  });

  it("limit those below, and nothing with -1 or a number beyond any memory", () => {
    const base = { "proc/self/cgroup": "5:cpu,cpuacct:/a/b\n4:memory:/a/b", "proc/self/mountinfo": mounts("/") };
    const own = {
      "sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1",
      "sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
      "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": V1_NONE,
    };
    expect(read({ ...base, ...own })).toEqual(UNLIMITED);
    const above = {
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "50000",
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "50000",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": String(3 * GIB),
    };
    expect(read({ ...base, ...own, ...above })).toMatchObject({ cpus: 1, cpuQuota: 1, memoryLimit: 3 * GIB });
  });
});

it("a host without control groups is used whole", () => {
  expect(read({})).toEqual(UNLIMITED);
});

it("is told in words", () => {
  expect(describeMachine(UNLIMITED)).toBe("8 CPUs, 16384 MiB");
  const limited = { cpus: 1, cpuQuota: 5 / 3, memoryBytes: GIB / 2, memoryLimit: GIB / 2 };
  expect(describeMachine(limited)).toBe("1 CPU (quota 1.67), 512 MiB (limit)");
});

it("this process may use no more than its host has", () => {
  const { cpus, memoryBytes } = machine();
  expect(cpus).toBeGreaterThanOrEqual(1);
  expect(cpus).toBeLessThanOrEqual(availableParallelism());
  expect(memoryBytes).toBeGreaterThan(0);
  expect(memoryBytes).toBeLessThanOrEqual(totalmem());
});
