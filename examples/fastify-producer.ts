// A web server that sends tasks and answers with their results. It runs no task itself: `celery -A ./examples/app.mjs worker`.
import { Celery } from "@plosolver/celery-worker";
import { fastify } from "fastify";
import { z } from "zod";

const app = new Celery("web", {
  broker: process.env.CELERY_BROKER_URL ?? "amqp://guest:guest@localhost:5672//",
  backend: process.env.CELERY_RESULT_BACKEND ?? "redis://localhost:6379/0",
});
const Sum = z.object({ x: z.number(), y: z.number() });

const server = fastify();
server.addHook("onClose", () => app.close());

server.post("/sums", async (request, reply) => {
  const { data, error } = Sum.safeParse(request.body);
  if (error !== undefined) return reply.code(400).send({ message: z.prettifyError(error) });
  const { id } = await app.sendTask("tasks.add", [data.x, data.y], {}, { expires: 600 });
  return reply.code(202).send({ id });
});

server.get<{ Params: { id: string } }>("/sums/:id", async (request) => {
  const result = app.asyncResult<number>(request.params.id);
  const state = await result.state();
  return { state, sum: state === "SUCCESS" ? await result.result() : null };
});

const address = await server.listen({ port: Number(process.env.PORT ?? 3000) });
console.log(`listening on ${address}`);
process.once("SIGTERM", () => void server.close());
