import { BodyTooLarge } from "../protocol/errors.js";
import type { BodyDecoder, IncomingBody } from "./body-decoder.js";

/** Bytes of bodies that may wait to be read, unless the broker itself holds back more. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** What becomes of a body that was read, or of one that cannot be. */
export interface Reader {
  readonly onValue: (value: unknown) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Reads bodies for one receiver, who gets the values in the order in which the bodies came: a small body waits for a
 * large one before it.
 */
export class InOrder {
  readonly #decoder: BodyDecoder;
  readonly #accept: ReadonlySet<string>;
  readonly #maxWaitingBytes: number;
  /** The last body that is being read or waits for it; null when there is none. */
  #last: Promise<void> | null = null;
  #waitingBytes = 0;

  /** @param maxWaitingBytes bodies beyond it are refused, for messages that nobody acknowledges */
  constructor(decoder: BodyDecoder, accept: ReadonlySet<string>, maxWaitingBytes = MAX_WAITING_BYTES) {
    this.#decoder = decoder;
    this.#accept = accept;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Reads a body, at once when it is small and none is before it. Neither throws nor waits. */
  read(body: IncomingBody, reader: Reader): void {
    if (this.#last === null && this.#readNow(body, reader)) return;
    if (this.#waitingBytes + body.body.length > this.#maxWaitingBytes) {
      reader.onError(new BodyTooLarge(`more than ${this.#maxWaitingBytes} bytes of bodies wait to be read`));
      return;
    }
    this.#waitingBytes += body.body.length;
    const before = this.#last ?? Promise.resolve();
    const reading = before.then(() => this.#readLater(body, reader));
    this.#last = reading;
    void reading.then(() => {
      this.#waitingBytes -= body.body.length;
      if (this.#last === reading) this.#last = null;
    });
  }

  /** @returns false when it would take long */
  #readNow(body: IncomingBody, { onValue, onError }: Reader): boolean {
    try {
      const decoded = this.#decoder.now(body, this.#accept);
      if (decoded === null) return false;
      onValue(decoded.value);
    } catch (error) {
      onError(error);
    }
    return true;
  }

  async #readLater(body: IncomingBody, reader: Reader): Promise<void> {
    if (this.#readNow(body, reader)) return;
    try {
      reader.onValue((await this.#decoder.later(body, this.#accept)).value);
    } catch (error) {
      reader.onError(error);
    }
  }
}
