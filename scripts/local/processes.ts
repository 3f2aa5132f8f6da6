import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Everything a guarded process may be started with. */
export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File that receives stdout and stderr; appended to. */
  readonly logFile: string;
  /** Runs the process under another user: only root may. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Signal that ends it fast and leaves nothing of its own behind. Default SIGTERM. */
  readonly endSignal?: NodeJS.Signals;
}

/** One supervised process, the leader of a process group of its own. */
export interface GuardedProcess {
  readonly name: string;
  readonly pid: number;
  /** True once the leader has ended. */
  readonly exited: boolean;
  /** Signals the whole group and waits until it is empty; SIGKILL after `graceMs`. */
  end(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
  /** Settles when the leader ends, with its exit code (128 + signal number style is not used: null on a signal). */
  readonly done: Promise<number | null>;
}

/**
 * Reads one order a line; when its input ends without `done`, whoever wrote it is dead, however that came about, so it
 * ends the groups, then whatever else carries the mark, and removes the folders.
 */
const REAPER = `
trap '' INT TERM HUP
groups= folders= mark=$1
while read -r order a b; do
  case $order in
    group) groups="$groups $a:$b" ;;
    gone) next=; for g in $groups; do [ "\${g%%:*}" = "$a" ] || next="$next $g"; done; groups=$next ;;
    folder) folders="$folders
$a" ;;
    done) exit 0 ;;
  esac
done
for g in $groups; do kill -s "\${g#*:}" -- "-\${g%%:*}" 2>/dev/null; done
for i in 1 2 3 4 5 6 7 8 9 10; do
  alive=; for g in $groups; do kill -s 0 -- "-\${g%%:*}" 2>/dev/null && alive=1; done
  [ -n "$alive" ] || break
  sleep 0.3
done
for g in $groups; do kill -s KILL -- "-\${g%%:*}" 2>/dev/null; done
for f in $(grep -slz "^PLO_GUARD=$mark$" /proc/[0-9]*/environ); do p=\${f#/proc/}; kill -s KILL "\${p%%/*}" 2>/dev/null; done
echo "$folders" | while read -r folder; do [ -z "$folder" ] || rm -rf "$folder"; done
`;

/**
 * Starts processes and guarantees their end: on {@link ProcessGuard.close}, or, when this Node process dies in any way at
 * all (SIGKILL too), through a small shell that notices.
 */
export class ProcessGuard {
  private readonly mark = randomBytes(8).toString("hex");
  private readonly running = new Map<number, Guarded>();
  private readonly folders: string[] = [];
  private readonly reaper: ChildProcess;

  constructor() {
    this.reaper = spawn("/bin/sh", ["-c", REAPER, "reaper", this.mark], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    this.reaper.unref();
    this.reaper.stdin?.on("error", () => undefined);
    const input = this.reaper.stdin;
    if (input && "unref" in input && typeof input.unref === "function") input.unref();
  }

  /** The mark: whatever carries it in its environment, whoever started it, ends with what was started here. */
  get environment(): Readonly<Record<string, string>> {
    return { PLO_GUARD: this.mark };
  }

  /** The folder and everything in it is removed at the end. */
  ownFolder(folder: string): void {
    this.folders.push(folder);
    this.tell(`folder ${folder}`);
  }

  spawn(name: string, command: string, args: readonly string[], options: SpawnOptions): GuardedProcess {
    const log = openSync(options.logFile, "a", 0o644);
    const child = spawn(command, args, {
      cwd: options.cwd ?? "/",
      env: { ...(options.env ?? process.env), PLO_GUARD: this.mark, PLO_RUN: process.env.PLO_RUN },
      detached: true,
      stdio: ["ignore", log, log],
      ...(options.user ?? {}),
    });
    closeSync(log);
    child.unref();
    const endSignal = options.endSignal ?? "SIGTERM";
    const guarded = new Guarded(name, child, endSignal, options.logFile, (pid) => {
      this.running.delete(pid);
      this.tell(`gone ${pid}`);
    });
    if (child.pid !== undefined) {
      this.running.set(child.pid, guarded);
      this.tell(`group ${child.pid} ${endSignal.slice(3)}`);
    }
    return guarded;
  }

  /** Ends every process, removes every folder. May be called twice. */
  async close(): Promise<void> {
    await Promise.all([...this.running.values()].map((process) => process.end()));
    killMarked(this.mark);
    await Promise.all(
      this.folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 })),
    );
    this.tell("done");
    this.reaper.stdin?.end();
  }

  private tell(order: string): void {
    this.reaper.stdin?.write(`${order}\n`);
  }
}

class Guarded implements GuardedProcess {
  readonly done: Promise<number | null>;
  exited = false;

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly endSignal: NodeJS.Signals,
    private readonly logFile: string,
    private readonly gone: (pid: number) => void,
  ) {
    this.done = new Promise((resolve) => {
      const finish = (code: number | null) => {
        this.exited = true;
        resolve(code);
      };
      child.once("exit", finish);
      child.once("error", () => finish(127));
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} could not be started: see ${this.logFile}`);
    return this.child.pid;
  }

  async end(signal: NodeJS.Signals = this.endSignal, graceMs = 8000): Promise<void> {
    const pid = this.child.pid;
    if (pid === undefined) return;
    signalGroup(pid, signal);
    const deadline = Date.now() + graceMs;
    while (groupLives(pid) && Date.now() < deadline) await sleep(15);
    signalGroup(pid, "SIGKILL");
    while (groupLives(pid)) await sleep(15);
    this.gone(pid);
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends stragglers that left their group (Erlang's port programs make sessions of their own). Linux only; else no-op. */
function killMarked(mark: string): void {
  let entries: string[];
  try {
    entries = readdirSync("/proc");
  } catch {
    return;
  }
  for (const entry of entries) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/environ`, "latin1").split("\0").includes(`PLO_GUARD=${mark}`)) {
        process.kill(Number(entry), "SIGKILL");
      }
    } catch {
      // It ended meanwhile, or belongs to somebody else.
    }
  }
}

/**
 * Picks ports nobody listens on, below the range the kernel hands to outgoing connections, so that a service that is
 * stopped finds its port free when it starts again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    server.listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    servers.push(server);
    ports.push(port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Runs `probe` until it returns a value other than undefined or false. Its errors count as "not yet". */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs?: number; readonly everyMs?: number; readonly giveUp?: () => string | undefined } = {},
): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      lastError = error;
    }
    const reason = options.giveUp?.();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`);
    if (Date.now() > deadline)
      throw new Error(`${what}: not within ${options.timeoutMs ?? 60_000} ms`, { cause: lastError });
    await sleep(options.everyMs ?? 40);
  }
}

/** The last lines of a log, for an error message. */
export function tail(file: string, lines = 15): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(no log)";
  }
}
