import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { nodeOf, npmProgram } from "./local/node-of.js";
import { packageFaults } from "./local/runtime-package.js";
import { startServices } from "./local/services.js";
import { ROOT } from "./local/state.js";

const run = promisify(execFile);
const say = (line: string) => process.stdout.write(`${line}\n`);
/** Majors that the package must install and run on; each comes from the registry as a package of its own. */
const NODES = ["20", "22", "24"] as const;
const TOOLS = ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];

/** Packs the runtime and uses it as a stranger would, in empty TypeScript projects on each Node. */
async function packageTest(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "package-test-"));
  const services = await startServices({ rabbitmq: true, log: say });
  try {
    const tarball = await pack(work);
    const faults = packageFaults(join(ROOT, "dist/package/runtime"));
    if (faults.length > 0) throw new Error(`the package has faults:\n${faults.join("\n")}`);
    await lint(tarball, work);
    for (const major of NODES) await useOn(major, tarball, work, services.brokerUrl);
    say("The package installs, compiles and runs.");
  } finally {
    await services.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function pack(work: string): Promise<string> {
  await run(process.execPath, ["--import", "tsx", join(ROOT, "scripts/pack.ts"), "--silent"], { cwd: ROOT });
  const folder = join(ROOT, "dist/package");
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  if (name === undefined) throw new Error("npm pack made no tarball");
  copyFileSync(join(folder, name), join(work, name));
  return join(work, name);
}

async function lint(tarball: string, work: string): Promise<void> {
  const folder = join(work, "tools");
  mkdirSync(folder);
  await run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", ...TOOLS], { cwd: folder });
  const bin = join(folder, "node_modules/.bin");
  const { stdout: published } = await run(join(bin, "publint"), [tarball, "--strict"], { cwd: folder });
  say(published.trim());
  // A package of modules: what CommonJS is told is how to import it.
  const { stdout: types } = await run(
    join(bin, "attw"),
    [tarball, "--profile", "esm-only", "--no-color", "--format", "table-flipped"],
    { cwd: folder },
  );
  say(types.trim());
}

async function useOn(major: string, tarball: string, work: string, brokerUrl: string): Promise<void> {
  const node = await nodeOf(major, work);
  const project = join(work, `project-${major}`);
  mkdirSync(project);
  const file = (name: string, text: string) => writeFileSync(join(project, name), text);
  file("package.json", JSON.stringify({ name: "empty", version: "1.0.0", private: true, type: "module" }));
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}`, CELERY_BROKER_URL: brokerUrl };
  const install = [
    npmProgram(),
    "install",
    "--engine-strict",
    "--no-audit",
    "--no-fund",
    tarball,
    "typescript@5.9.3",
    "@types/node@20",
  ];
  const { stderr } = await run(node, install, { cwd: project, env });
  if (/EBADENGINE|ERESOLVE/.test(stderr)) throw new Error(`npm on Node ${major} warns:\n${stderr}`);
  for (const name of ["fastify", "kysely", "pg", "prom-client"])
    if (existsSync(join(project, "node_modules", name))) throw new Error(`${name} came with the runtime`);
  await compileExamples(project, node, env);
  copyFileSync(join(ROOT, "examples/app.mjs"), join(project, "app.mjs"));
  file("use.mjs", USE);
  const { stdout } = await run(node, ["use.mjs"], { cwd: project, env, timeout: 120_000 });
  const { stdout: version } = await run(node, ["node_modules/.bin/celery", "--version"], { cwd: project, env });
  say(`${stdout.trim().split("\n").at(-1)}; celery ${version.trim()}`);
}

/** Runs the example as a worker, and calls it from a client. */
const USE = `
import { app } from "./app.mjs";
const worker = app.worker();
await worker.start();
const sum = await (await app.sendTask("tasks.add", [2, 3])).get({ timeout: 30 });
await worker.stop();
await app.close();
if (sum !== 5) throw new Error("2 + 3 = " + sum);
console.log("Node " + process.version + ": 2 + 3 = " + sum);
process.exit(0);
`;

/** Every TypeScript example of the package's README as a program of its own, strictly, with its libraries' types. */
async function compileExamples(project: string, node: string, env: NodeJS.ProcessEnv): Promise<void> {
  const readme = readFileSync(join(project, "node_modules/@plosolver/celery-worker/README.md"), "utf8");
  const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  if (examples.length < 2) throw new Error("the README has no TypeScript examples");
  for (const [index, text] of examples.entries()) writeFileSync(join(project, `example-${index}.ts`), text);
  const options = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  try {
    await run(node, ["node_modules/typescript/bin/tsc"], { cwd: project, env });
  } catch (error) {
    throw new Error(`the examples do not compile:\n${(error as { readonly stdout?: string }).stdout}`);
  }
}

await packageTest();
