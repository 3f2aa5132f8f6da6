import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { layOutRuntimePackage, packageFaults } from "../../../scripts/local/runtime-package.js";

it("the runtime's package holds neither poker nor jobs, nothing that leads outside, and no dependency of theirs", () => {
  const folder = mkdtempSync(join(tmpdir(), "runtime-package-"));
  try {
    const files = layOutRuntimePackage(folder);
    expect(files).toContain("dist/celery/index.js");
    expect(packageFaults(folder)).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(["amqplib", "pino"]));
    for (const name of ["fastify", "kysely", "pg", "prom-client"]) expect(dependencies).not.toHaveProperty(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
