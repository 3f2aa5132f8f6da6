#!/usr/bin/env node
// Before anything is loaded: without a listener SIGUSR1 opens Node's debugger, to whoever may send a signal.
process.on("SIGUSR1", () => undefined);

const { runCommandLine } = await import("./command-line.js");
const { createProgram } = await import("./program.js");
await runCommandLine(createProgram);
