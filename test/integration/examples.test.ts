import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Celery } from "../../src/celery/index.js";
import { redisUrl, useVhost } from "../support/services.js";
import { WatchedChild } from "../support/watched-child.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLES = readdirSync(join(ROOT, "examples"))
  .filter((name) => name.endsWith(".ts"))
  .sort();
const PACKAGE = "@plosolver/celery-worker";
const USED = [PACKAGE, "zod", "fastify", "pino", "@types/node"];
const run = promisify(execFile);

const vhost = useVhost();
let project = "";

/** A project of a user's own: the built package is what it imports, under its name. */
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "examples-"));
  for (const name of USED) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(name === PACKAGE ? ROOT : join(ROOT, "node_modules", name), link);
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  for (const name of EXAMPLES) writeFileSync(join(project, name), textOf(name));
  const options = ["--strict", "--target", "ES2023", "--module", "NodeNext", "--types", "node", "--outDir", "dist"];
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = await run(tsc, [...options, ...EXAMPLES], { cwd: project }).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout, "what the compiler says of the examples").toBe("");
}, 240_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

const textOf = (name: string) => readFileSync(join(ROOT, "examples", name), "utf8");

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): WatchedChild {
  const urls = { CELERY_BROKER_URL: vhost.url, CELERY_RESULT_BACKEND: redisUrl() };
  const options = { cwd: ROOT, env: { ...process.env, ...urls, ...env } };
  return new WatchedChild(args.join(" "), spawn(process.execPath, args, options));
}

/** An example as a user's own project compiled it. */
const start = (name: string, env: Readonly<Record<string, string>> = {}) =>
  node([join(project, "dist", name.replace(/ts$/, "js"))], env);

/** What an example says that it writes: the comments behind its calls of console.log. */
const promised = (name: string) =>
  [...textOf(name).matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

/** What it wrote, without its log. */
const written = (output: string) => output.split("\n").filter((line) => line !== "" && !line.startsWith('{"level"'));

describe("an example", () => {
  it.each(EXAMPLES.filter((name) => promised(name).length > 0))("%s writes what it says", async (name) => {
    const example = start(name);
    expect(await example.ended(), example.output).toBe(0);
    expect(written(example.output)).toEqual(promised(name));
  });

  it("runs from a checkout as docs/api.md says", async () => {
    const example = node(["--import", "tsx", "examples/typed-task.ts"]);
    expect(await example.ended(), example.output).toBe(0);
    expect(written(example.output)).toEqual(promised("typed-task.ts"));
  });

  it("fastify-producer.ts sends tasks and answers with their results", async () => {
    const app = new Celery("adder", { broker: vhost.url, backend: redisUrl() });
    app.task("tasks.add", (_ctx, x: number, y: number) => x + y);
    const worker = app.worker({ concurrency: 1 });
    await worker.start();
    const server = start("fastify-producer.ts", { PORT: "0" });
    await server.wrote("listening on ");
    const address = /listening on (\S+)/.exec(server.output)?.[1];
    const post = (body: unknown) =>
      fetch(`${address}/sums`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });

    expect((await post({ x: 1 })).status).toBe(400);
    const { id } = (await (await post({ x: 2, y: 3 })).json()) as { id: string };
    expect(await app.asyncResult(id).get({ timeout: 60 })).toBe(5);
    expect(await (await fetch(`${address}/sums/${id}`)).json()).toEqual({ state: "SUCCESS", sum: 5 });

    expect(await server.kill("SIGTERM"), server.output).toBe(0);
    await worker.stop();
    await app.close();
  });
});

describe("docs/api.md", () => {
  const page = readFileSync(join(ROOT, "docs/api.md"), "utf8");
  const blocks = [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, head = "", text = ""]) => ({ head, text }));

  it("quotes the examples in every block of code, line by line", () => {
    expect(blocks.length).toBeGreaterThan(10);
    for (const { head, text } of blocks) {
      const [language, name = ""] = head.split(" examples/");
      expect(language, head).toBe("ts");
      const lines = textOf(name).split("\n");
      const quoted = text.trimEnd().split("\n");
      const first = lines.indexOf(quoted[0] ?? "");
      expect(lines.slice(first, first + quoted.length), head).toEqual(quoted);
    }
  });

  it("shows each example", () => {
    const shown = new Set(blocks.map(({ head }) => head.split(" examples/")[1]));
    expect([...shown].sort()).toEqual(EXAMPLES);
  });
});
