import { pino } from "pino";

/** Queue of each task, as the backend's routes say. */
const TASK_ROUTES = {
  "tasks.process_spot_simulation": { queue: "spot_simulation" },
  "tasks.process_solver_analysis": { queue: "solver_analysis" },
};

/** Sends `task(jobId)` with this project's own Celery client; resolves when the broker has confirmed it. */
export async function sendTask(brokerUrl: string, task: string, jobId: string): Promise<void> {
  const { Celery } = await import("../../src/celery/index.js");
  const app = new Celery("plosolver_backend", {
    broker: brokerUrl,
    taskRoutes: TASK_ROUTES,
    log: pino({ level: "silent" }),
  });
  try {
    await app.sendTask(task, [jobId], {}, { ignoreResult: true });
  } finally {
    await app.close();
  }
}
