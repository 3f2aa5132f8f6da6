#!/usr/bin/env node
import { existsSync } from "node:fs";

// Before anything is loaded: without a listener SIGUSR1 opens Node's debugger, to whoever may send a signal.
process.on("SIGUSR1", () => undefined);

// A build has the same in few files, which are read in half the time.
const bundle = new URL("../bundle/main.js", import.meta.url);
const { runWholeCommand } = (
  existsSync(bundle) ? await import(bundle.href) : await import("./whole-command.js")
) as typeof import("./whole-command.js");
await runWholeCommand();
