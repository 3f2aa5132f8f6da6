import type { Logger } from "pino";
import type { RedisClient, RedisConnection } from "./redis-client.js";

/**
 * Writes and publishes a value unless the key holds another one than expected: then that one is the answer. KEYS: the
 * key. ARGV: the value expected, or nothing; the value; seconds to keep it, or 0.
 */
const REPLACE = `
local stored = redis.call('GET', KEYS[1])
if stored and stored ~= ARGV[1] then return stored end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SETEX', KEYS[1], ARGV[3], ARGV[2]) end
redis.call('PUBLISH', KEYS[1], ARGV[2])
return false`;

/** A user, or a server, that may run no scripts. */
const NO_SCRIPTS = /^(NOPERM|ERR unknown command)/;

const NOTHING = Buffer.alloc(0);

type MayReplace = (stored: Buffer) => Promise<boolean>;

/** Writes values as Celery does: kept for a time, and published on their own key. */
export class RedisWriter {
  readonly #connection: RedisConnection;
  readonly #expiresSeconds: number;
  readonly #log: Logger;
  #scripts = true;

  /** @param expiresSeconds null keeps values for ever */
  constructor(connection: RedisConnection, expiresSeconds: number | null, log: Logger) {
    this.#connection = connection;
    this.#expiresSeconds = expiresSeconds ?? 0;
    this.#log = log;
  }

  async write(key: string, value: Buffer): Promise<void> {
    const seconds = this.#expiresSeconds;
    await this.#connection.run((client) => {
      const multi = client.multi();
      if (seconds > 0) multi.setEx(key, seconds, value);
      else multi.set(key, value);
      return multi.publish(key, value).exec();
    });
  }

  /** Writes a value if it may replace the one that is stored; nobody can write in between. */
  async replace(key: string, value: Buffer, mayReplace: MayReplace): Promise<void> {
    if (this.#scripts && (await this.#replaceAtomically(key, value, mayReplace))) return;
    const stored = await this.#connection.run((client) => binary(client).get(key));
    if (stored === null || (await mayReplace(stored))) await this.write(key, value);
  }

  /** @returns false when the server runs no scripts for this user */
  async #replaceAtomically(key: string, value: Buffer, mayReplace: MayReplace): Promise<boolean> {
    let expected: Buffer = NOTHING;
    try {
      for (;;) {
        const options = { keys: [key], arguments: [expected, value, String(this.#expiresSeconds)] };
        const stored = await this.#connection.run((client) => binary(client).eval(REPLACE, options));
        if (!Buffer.isBuffer(stored) || !(await mayReplace(stored))) return true;
        expected = stored;
      }
    } catch (error) {
      if (!(error instanceof Error && NO_SCRIPTS.test(error.message))) throw error;
      this.#scripts = false;
      this.#log.warn(
        { err: error.message },
        "redis runs no scripts (EVAL) for this user: workers that store states of one task at once may overwrite each other's",
      );
      return false;
    }
  }
}

const binary = (client: RedisClient) => client.withTypeMapping({ 36: Buffer });
