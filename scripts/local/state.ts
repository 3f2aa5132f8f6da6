import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The work tree. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where a running stack says how to reach it, and what is kept between runs; git ignores it. */
export const STATE_FOLDER = process.env.PLO_STATE_FOLDER ?? join(ROOT, ".services");

const file = (name: string) => join(STATE_FOLDER, `${name}.json`);

/** Notes what this process keeps running, under its own pid. */
export function writeState(name: string, state: object): void {
  mkdirSync(STATE_FOLDER, { recursive: true });
  const temporary = `${file(name)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify({ ...state, pid: process.pid }, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file(name));
}

export function clearState(name: string): void {
  rmSync(file(name), { force: true });
}

/** What the process that wrote the state keeps running; undefined when there is none, or it has died. */
export function liveState<T extends object>(name: string): (T & { readonly pid: number }) | undefined {
  try {
    const state = JSON.parse(readFileSync(file(name), "utf8")) as T & { pid: number };
    process.kill(state.pid, 0);
    return state;
  } catch {
    return undefined;
  }
}
