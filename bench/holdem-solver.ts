import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

/** What a solver did on a river: hands of a seat, nodes of the tree with its ends, CPU seconds on one thread. */
export interface RiverRun {
  readonly combos: number;
  readonly nodes: number;
  readonly iterations: number;
  readonly seconds: number;
  /** Chips of a pot of 100. */
  readonly exploitability: number;
}

const runSchema = z.object({
  combos: z.number(),
  nodes: z.number(),
  iterations: z.number(),
  seconds: z.number(),
  exploitability: z.number(),
});

/**
 * Solves a hold'em river with the Rust library postflop-solver, whose source directory BENCH_HOLDEM_SOLVER names: built by
 * cargo, in a directory that is removed again. Undefined where the variable is not set. Nothing of the library is kept here.
 */
export function runHoldemSolver(iterations: number): RiverRun | undefined {
  const source = process.env.BENCH_HOLDEM_SOLVER;
  if (source === undefined) return undefined;
  const project = mkdtempSync(join(tmpdir(), "holdem-"));
  try {
    mkdirSync(join(project, "src"));
    copyFileSync(new URL("./native/holdem.rs", import.meta.url), join(project, "src/main.rs"));
    writeFileSync(join(project, "Cargo.toml"), manifest(resolve(source)));
    const run = (command: string, args: readonly string[]): string =>
      execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    // The library is older than some lints that refuse it by now.
    const flags = `${process.env.RUSTFLAGS ?? ""} --cap-lints allow -C target-cpu=native`;
    execFileSync("cargo", ["build", "--quiet", "--release"], {
      cwd: project,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, RUSTFLAGS: flags },
    });
    const output = run(join(project, "target/release/holdem"), ["Qd7h4c", "Ks", "2d", String(iterations)]);
    return runSchema.parse(JSON.parse(output));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

function manifest(source: string): string {
  return `[package]
name = "holdem"
version = "0.0.0"
edition = "2021"

[dependencies]
postflop-solver = { path = ${JSON.stringify(source)}, default-features = false }
`;
}
