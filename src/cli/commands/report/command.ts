import type { Command } from "commander";
import type { GlobalFlags } from "../../globals.js";

/** `celery report`. */
export function registerReport(program: Command): void {
  program
    .command("report")
    .description("Shows information useful to include in bug-reports.")
    .option("-j, --json", "print JSON: the settings that differ from the default")
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & { readonly json?: boolean }>();
      const { resolveApp } = await import("../../session/broker-session.js");
      const { describeInstallation, describeSettings } = await import("../../../celery/tooling.js");
      const { settings } = await resolveApp(flags);
      const text = flags.json ? JSON.stringify(describeSettings(settings, false)) : describeInstallation(settings);
      process.stdout.write(`${text}\n`);
    });
}
