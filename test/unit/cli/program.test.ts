import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { WorkerFlags } from "../../../src/cli/commands/worker/flags.js";
import type { GlobalFlags } from "../../../src/cli/globals.js";
import { createProgram } from "../../../src/cli/program.js";
import { runCelery } from "../../support/celery-command.js";

/** Options of a command line as the command's action would see them. */
async function parse<Flags extends GlobalFlags>(...words: string[]): Promise<Flags> {
  const program = createProgram("1.0");
  for (const command of program.commands) command.configureOutput({ writeErr: () => undefined });
  let seen: unknown;
  const name = words.find((word) => program.commands.some((command) => command.name() === word));
  const command = program.commands.find((candidate) => candidate.name() === name);
  command?.action(() => {
    seen = command.optsWithGlobals();
  });
  await program.parseAsync(words, { from: "user" });
  return seen as Flags;
}

describe("global options", () => {
  it.each([
    ["-A", "./app.mjs", "status"],
    ["status", "-A", "./app.mjs"],
    ["status", "--app=./app.mjs"],
  ])("%s %s %s", async (...words) => {
    expect(await parse(...words.filter((word) => word !== undefined))).toMatchObject({ app: "./app.mjs" });
  });

  it("-b names the broker to all that runs afterwards", async () => {
    const before = process.env.CELERY_BROKER_URL;
    await parse("status", "-b", "amqp://somewhere//");
    expect(process.env.CELERY_BROKER_URL).toBe("amqp://somewhere//");
    if (before === undefined) delete process.env.CELERY_BROKER_URL;
    else process.env.CELERY_BROKER_URL = before;
  });
});

describe("celery worker", () => {
  it("reads every flag", async () => {
    const line =
      "worker -Q a,b -X b -c 3 -n w1@%h -l INFO -f /tmp/x.log -E -P threads -O fair --prefetch-multiplier 1 " +
      "--max-tasks-per-child 5 --max-memory-per-child 1000 --time-limit 3.5 --soft-time-limit 2 --purge --without-gossip " +
      "--without-mingle --without-heartbeat --heartbeat-interval 4 --statedb /tmp/s --pidfile /tmp/p --autoscale 3,10";
    expect(await parse<WorkerFlags>(...line.split(" "))).toMatchObject({
      queues: ["a", "b"],
      excludeQueues: ["b"],
      concurrency: 3,
      hostname: "w1@%h",
      loglevel: "info",
      logfile: "/tmp/x.log",
      taskEvents: true,
      pool: "threads",
      prefetchMultiplier: 1,
      maxTasksPerChild: 5,
      maxMemoryPerChild: 1000,
      timeLimit: 3.5,
      softTimeLimit: 2,
      purge: true,
      withoutGossip: true,
      withoutMingle: true,
      withoutHeartbeat: true,
      heartbeatInterval: 4,
      statedb: "/tmp/s",
      pidfile: "/tmp/p",
      autoscale: { max: 10, min: 3 },
    });
  });

  it.each([
    [["--autoscale", "x"]],
    [["--autoscale", "1,2,3"]],
    [["--autoscale", "100000,1"]],
    [["-c", "0"]],
    [["-c", "100000"]],
    [["-c", ""]],
    [["--heartbeat-interval", "1e12"]],
    [["-l", "loud"]],
    [["--time-limit", "-1"]],
    [["-P", "gpu"]],
    [["-D"]],
    [["--beat"]],
  ])("refuses %j", async (words) => {
    await expect(parse("worker", ...words)).rejects.toThrow();
  });
});

describe("the command", () => {
  it.each([
    [["--version"], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [["--help"], 0, /inspect[\s\S]*control[\s\S]*jobs[\s\S]*dlq/, /^$/],
    [["inspect", "--help"], 0, /active_queues[\s\S]*query_task \[id1/, /^$/],
    [["control", "--list"], 0, /rate_limit <task_name>/, /^$/],
    [["multi", "start"], 1, /^$/, /celery multi is not available/],
    [["shell"], 1, /^$/, /not available/],
    [["flower", "--port=5555"], 1, /^$/, /celery flower is not available.*celery web/],
    [["control", "ping"], 2, /^$/, /^Error: ping is a command of inspect: celery inspect ping$/m],
    [["health", "--live", "--ready"], 2, /^$/, /cannot be used with option '--ready'/],
    [["inspect", "pong"], 2, /^$/, /^Error: Command pong not recognized. Did you mean ping\?/],
    [["pruge"], 2, /^$/, /Did you mean purge\?/],
    [["call", "t.add", "--args", "{}"], 2, /^$/, /was not an array/],
    [["--workdir", "/nowhere", "status"], 2, /^$/, /--workdir \/nowhere/],
    [["events", "--camera", "x"], 1, /^$/, /--camera is not available/],
  ])("%j", async (words, code, out, err) => {
    const result = await runCelery(words, { CELERY_BROKER_URL: "amqp://127.0.0.1:1//" });
    expect(result.stdout).toMatch(out);
    expect(result.stderr).toMatch(err);
    expect(result.code).toBe(code);
  });

  it("says what to do when the broker does not answer, with Celery's exit code and without the password", async () => {
    const env = { CELERY_BROKER_URL: "amqp://user:s3cret@127.0.0.1:1//" };
    const { code, stderr } = await runCelery(["-A", "main.celery_app.celery", "inspect", "ping"], env);
    expect(code).toBe(69);
    expect(stderr).toMatch(/^Error: Could not connect to the message broker .*ECONNREFUSED.*-b, CELERY_BROKER_URL/);
    expect(stderr).not.toContain("s3cret");
  });

  it("says that no worker answers a health probe", async () => {
    const { code, stderr } = await runCelery(["health", "--url", "http://127.0.0.1:1/health"], {});
    expect([code, stderr]).toEqual([1, "Error: no worker answers at http://127.0.0.1:1/health: is it running?\n"]);
  });
});

describe("completion", () => {
  it("completes commands, options and control commands in bash", async () => {
    const { stdout } = await runCelery(["completion", "bash"], {});
    const complete = (...line: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${line.length - 1}; _celery; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split(" ");
    };
    expect(complete("celery", "in")).toEqual(["inspect"]);
    expect(complete("celery", "-A", "x", "inspect", "active")).toEqual(["active", "active_queues"]);
    expect(complete("celery", "jobs", "w")).toEqual(["watch"]);
    expect(complete("celery", "completion", "z")).toEqual(["zsh"]);
    expect(complete("celery", "jobs", "list", "--status", "F")).toEqual(["FAILED"]);
    expect(complete("celery", "worker", "--without-")).toEqual([
      "--without-gossip",
      "--without-mingle",
      "--without-heartbeat",
    ]);
  });

  it("has a script for zsh", async () => {
    expect((await runCelery(["completion", "zsh"], {})).stdout).toMatch(/^#compdef celery plosolver[\s\S]*compadd/);
  });
});
