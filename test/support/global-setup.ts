import type { TestProject } from "vitest/node";
import { provision } from "../../scripts/local/provision.js";
import { type ServiceUrls, startServices } from "../../scripts/local/services.js";

declare module "vitest" {
  interface ProvidedContext {
    services: ServiceUrls;
  }
}

/** Starts the services all test files share, and Python Celery's installation where it is missing. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  await provision(["backend", "results"], log);
  const services = await startServices({ rabbitmq: true, postgres: true, redis: true, log });
  project.provide("services", services.urls);
  return () => services.stop();
}
