import type { SendTask } from "../../operations/jobs.js";
import type { GlobalFlags } from "../globals.js";
import { withApp } from "./broker-session.js";

/** Sends tasks by the app that `-A` names, each over a connection of its own. */
export function sendTaskBy(flags: GlobalFlags): SendTask {
  return (name, args, options) =>
    withApp(flags, async (session) => {
      await session.connect();
      return await session.client.sendTask(name, args, {}, options);
    });
}
