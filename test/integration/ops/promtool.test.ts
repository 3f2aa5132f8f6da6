import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { PROMTOOL, provision } from "../../../scripts/local/provision.js";
import { ROOT } from "../../../scripts/local/state.js";

const promtool = async (...args: string[]) =>
  (await promisify(execFile)(PROMTOOL, args, { cwd: join(ROOT, "ops") })).stdout;

beforeAll(() => provision(["prometheus"]), 600_000);

test("the example configuration and its alerts are Prometheus's own", async () => {
  expect(await promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yaml")).toContain("SUCCESS");
});

test("each alert fires for its fault, and is silent beside healthy workers", async () => {
  expect(await promtool("test", "rules", "alerts.test.yaml")).toContain("SUCCESS");
});
