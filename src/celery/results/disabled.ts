import type { ResultBackend } from "./backend.js";

/** Stores nothing: `disabled://`, or no backend at all. */
export class DisabledBackend implements ResultBackend {
  readonly name = "disabled";
  async start(): Promise<void> {}
  async store(): Promise<void> {}
  async close(): Promise<void> {}
}
