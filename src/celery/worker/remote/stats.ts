import type { BrokerConnection } from "../../amqp/connection.js";
import { displayUrl, parseBrokerUrl } from "../../amqp/url.js";
import { machine } from "../../machine.js";
import type { Settings } from "../../settings.js";
import type { WorkerCore } from "../core.js";
import type { Slots } from "../wait/slots.js";

/** Parts of the reply to `inspect stats`: every key that monitors read, with what is true of this process. */
export function poolStats({ slots, pool, settings }: WorkerCore): Record<string, unknown> {
  const { threads, active, waiting, completed } = pool.stats;
  return {
    implementation: "node:worker_threads",
    "max-concurrency": slots.limit,
    slots: slotStats(slots),
    processes: [process.pid],
    threads: threads.length,
    "max-tasks-per-child": settings.workerMaxTasksPerChild ?? "N/A",
    "put-guarded-by-semaphore": true,
    timeouts: [settings.taskSoftTimeLimit ?? 0, settings.taskTimeLimit ?? 0],
    writes: {
      total: completed,
      avg: "0.00",
      all: "",
      raw: "",
      strategy: "fair",
      inqueues: { total: waiting, active },
    },
  };
}

/** Slots of the worker, and of each group with a share of them. Ours. */
function slotStats(slots: Slots): Record<string, unknown> {
  const stats = ({ limit, used, waiting }: Pick<Slots, "limit" | "used" | "waiting">) => ({ limit, used, waiting });
  const groups = [...slots.groups].map(([name, group]) => [name, stats(group)] as const);
  return { ...stats(slots), groups: Object.fromEntries(groups) };
}

export function brokerStats(settings: Settings, connection: BrokerConnection): Record<string, unknown> {
  const { address } = connection;
  return {
    hostname: address.hostname,
    userid: address.username,
    virtual_host: address.vhost,
    port: address.port,
    insist: false,
    ssl: address.protocol === "amqps",
    transport: "amqp",
    connect_timeout: settings.brokerConnectionTimeout,
    transport_options: {},
    login_method: "PLAIN",
    uri_prefix: null,
    heartbeat: address.heartbeat ?? settings.brokerHeartbeat,
    failover_strategy: "round-robin",
    alternates: parseBrokerUrl(settings.brokerUrl).slice(1).map(displayUrl),
    credential_provider: null,
  };
}

/** What the process may use of its host. Ours. */
export function machineStats(): Record<string, unknown> {
  const { cpus, cpuQuota, memoryBytes, memoryLimit } = machine();
  return { cpus, cpu_quota: cpuQuota, memory_bytes: memoryBytes, memory_limit: memoryLimit };
}

/** Python's `resource.getrusage`: seconds, kilobytes and counts. */
export function resourceUsage(): Record<string, number> {
  const usage = process.resourceUsage();
  return {
    utime: usage.userCPUTime / 1e6,
    stime: usage.systemCPUTime / 1e6,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  };
}
