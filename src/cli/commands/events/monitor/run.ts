import { ClusterState } from "../../../../celery/tooling.js";
import { asError, SOFTWARE_VERSION } from "../../../../celery/values.js";
import type { GlobalFlags } from "../../../globals.js";
import type { BrokerSession } from "../../../session/broker-session.js";
import { receiveEvents } from "../source.js";
import { MonitorModel } from "./model.js";
import { EventRates } from "./rates.js";
import { render } from "./render.js";
import { Screen } from "./screen.js";

const REDRAW_MS = 250;

/** The live view of `celery events`: until q or Ctrl-C. */
export async function runMonitor(session: BrokerSession, flags: GlobalFlags): Promise<void> {
  const model = new MonitorModel(new ClusterState());
  const rates = new EventRates();
  await session.client.control.enableEvents();
  const receiver = await receiveEvents(session, (event) => {
    model.state.apply(event);
    rates.count(event.type);
  });
  const colored = flags.color !== false && !process.env.NO_COLOR;
  let screen: Screen | null = null;
  const draw = () =>
    screen?.draw(render(model, { ...screen.size, version: SOFTWARE_VERSION, rates, nowSeconds: Date.now() / 1000 }));
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve) => {
      const onKey = (key: string) => {
        const action = model.press(key);
        if (action?.kind === "quit") resolve();
        else if (action?.kind === "revoke") void revoke(session, model, action.taskId).then(draw);
        draw();
      };
      screen = new Screen(onKey, draw, colored);
      process.once("SIGTERM", () => resolve());
      session.connection.on("disconnected", () => {
        model.notice = "the connection to the broker is lost, reconnecting";
      });
      timer = setInterval(draw, REDRAW_MS);
      draw();
    });
  } finally {
    clearInterval(timer);
    (screen as Screen | null)?.close();
    await receiver.close();
  }
}

async function revoke({ client }: BrokerSession, model: MonitorModel, taskId: string): Promise<void> {
  try {
    const replies = await client.control.revoke(taskId, { terminate: true, reply: true, timeout: 0.5 });
    const workers = replies.length === 1 ? "1 worker" : `${replies.length} workers`;
    model.notice = `${taskId} is revoked at ${workers}`;
  } catch (error) {
    model.notice = `${taskId} could not be revoked: ${asError(error).message}`;
  }
}
