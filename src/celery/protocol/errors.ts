/** Common parent of everything the codec throws. `code` is stable; messages are not. */
export abstract class ProtocolError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A body, value or time that cannot be read. Python: `kombu.exceptions.DecodeError`. */
export class DecodeError extends ProtocolError {
  readonly code: string = "CELERY_DECODE";
  readonly excType = "DecodeError";
  readonly excModule = "kombu.exceptions";
}

/** A body that is larger, as it came or unpacked, than bodies may be. */
export class BodyTooLarge extends DecodeError {
  override readonly code = "CELERY_BODY_TOO_LARGE";
}

/** A value that the chosen serializer cannot write. Python: `kombu.exceptions.EncodeError`. */
export class EncodeError extends ProtocolError {
  readonly code = "CELERY_ENCODE";
  readonly excType = "EncodeError";
  readonly excModule = "kombu.exceptions";
}

/** A content type outside of `accept_content`, or one that is never read here. Python: `kombu.exceptions.ContentDisallowed`. */
export class ContentDisallowed extends ProtocolError {
  readonly code = "CELERY_CONTENT_DISALLOWED";
  readonly excType = "ContentDisallowed";
  readonly excModule = "kombu.exceptions";
}

/** What the worker does with the broker's copy of a message it cannot use; a rejected message is not requeued. */
export type Disposition = "ack" | "reject";

/**
 * - `unknown-message`: not a task message of either protocol
 * - `undecodable`: compression or serialization is broken or unknown
 * - `disallowed`: content type not accepted
 * - `invalid`: decoded, but its fields make no task
 * - `too-large`: larger than bodies may be
 */
export type MessageErrorKind = "unknown-message" | "undecodable" | "invalid" | "disallowed" | "too-large";

/** A message that is no usable task message. Says what a Celery worker would do with it. */
export class MessageError extends ProtocolError {
  readonly code = "CELERY_MESSAGE";
  readonly kind: MessageErrorKind;
  readonly disposition: Disposition;
  /** First line of what Celery logs. */
  readonly reason: string;

  constructor(kind: MessageErrorKind, disposition: Disposition, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.kind = kind;
    this.disposition = disposition;
    this.reason = reason;
  }
}

const MAX_SHOWN = 100;

/** A text as error messages quote it: they travel into logs, results and headers, so the rest of a long one is left out. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
