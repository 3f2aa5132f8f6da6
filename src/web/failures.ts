import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ZodError } from "zod";
import { BrokerError, PublishError } from "../celery/index.js";
import { redactText } from "../celery/values.js";
import { JobInputError } from "../jobs/errors.js";
import { OperationError } from "../operations/errors.js";
import { classifyDatabaseError } from "../postgres/errors.js";
import type { ErrorView } from "./api.js";

/** Nothing of this name is there. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  readonly code = "WEB_NOT_FOUND";
}

/** Turns what a route throws into an answer: a sentence for people, and nothing that is none of their business. */
export function answerError(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const { status, text } = described(error);
    if (status >= 500) log.warn({ err: error, url: request.routeOptions.url }, "web: a request failed");
    return reply.code(status).send({ error: text } satisfies ErrorView);
  };
}

/** What the reader of a stream may read of an error. */
export function describeFailure(error: Error): string {
  return described(error).text;
}

function described(error: Error & { readonly statusCode?: number }): { status: number; text: string } {
  const text = redactText(error.message);
  if (error instanceof ZodError) return { status: 400, text: issuesOf(error) };
  if (error instanceof JobInputError) return { status: 422, text };
  if (error instanceof OperationError) return { status: 409, text };
  if (error instanceof NotFoundError) return { status: 404, text };
  if (error instanceof BrokerError || error instanceof PublishError) return { status: 503, text };
  if (classifyDatabaseError(error) === "unavailable") return { status: 503, text: `the database: ${text}` };
  const { statusCode = 500 } = error;
  return { status: statusCode, text: statusCode < 500 ? text : "something failed: the log says what" };
}

function issuesOf({ issues }: ZodError): string {
  return issues.map(({ path, message }) => `${path.join(".") || "the request"}: ${message}`).join("; ");
}
