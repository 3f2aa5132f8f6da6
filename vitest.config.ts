import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/support/closing-line.js";

const shared = { testTimeout: 240_000, hookTimeout: 240_000, pool: "forks" } as const;
const withServices = { ...shared, globalSetup: ["test/support/global-setup.ts"] };
const soak = { ...withServices, name: "soak", include: ["test/**/*.soak.ts"], testTimeout: 1_800_000 };

/** `unit` needs nothing; `services` starts one RabbitMQ, PostgreSQL and Redis for all of its files, `web` a browser too. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ["default", new ClosingLine()],
    projects: [
      { test: { ...shared, name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        test: {
          ...withServices,
          name: "services",
          include: ["test/{integration,conformance,fault}/**/*.test.ts"],
        },
      },
      { test: { ...withServices, name: "web", include: ["test/web/**/*.test.ts"] } },
      ...(process.env.SOAK ? [{ test: soak }] : []),
    ],
  },
});
