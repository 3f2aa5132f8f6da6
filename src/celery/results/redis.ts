import type { Logger } from "pino";
import { encode } from "../codec/body-encoder.js";
import { decodeException, exceptionRepr } from "../protocol/exception.js";
import type { Serializer } from "../protocol/serializers.js";
import type { ResultRecord, ResultTarget, ResultTuple, State, StoredResult } from "./backend.js";
import { joinGroup } from "./join.js";
import { isResultTuple, readMeta, readOrder, resultMeta } from "./meta.js";
import { attemptOf, mayReplace, type OrderedState } from "./order.js";
import { RedisConnection } from "./redis-client.js";
import { RedisWaiter } from "./redis-waiter.js";
import { RedisWriter } from "./redis-writer.js";
import type { ChordCounter, ChordOutcome, StoredBackend, WaitOptions } from "./stored.js";
import { readStored } from "./stored-value.js";

/** Options of {@link RedisBackend}. */
export interface RedisBackendOptions {
  /** `redis://`, `rediss://` (with Celery's `ssl_*` parameters) or `redis+socket://`. */
  readonly url: string;
  readonly log: Logger;
  readonly serializer: Serializer;
  /** Seconds until a result expires; null keeps it. Celery's `result_expires`. */
  readonly expiresSeconds: number | null;
  /** Store name, arguments, worker, retries and queue too: `result_extended`. */
  readonly extended: boolean;
  /** Content types that may be read; default: the serializer's. Celery's `result_accept_content`. */
  readonly accept?: ReadonlySet<string>;
  /** Prefix of all keys: `global_keyprefix`. */
  readonly keyPrefix: string;
  /** Seconds to wait for the members of nested groups: `result_chord_join_timeout`. */
  readonly chordJoinTimeoutSeconds: number;
  /** Keep chord results in the order of the header. Must be equal on all workers. Default true. */
  readonly chordOrdered?: boolean;
}

const WAITING: ChordOutcome = { kind: "waiting" };

/**
 * `redis://` in Celery's own layout: one key for each task, written and published at once, and counters for
 * chords. Python clients and workers read and write the same keys.
 */
export class RedisBackend implements StoredBackend, ChordCounter {
  readonly name = "redis";
  readonly #options: RedisBackendOptions;
  readonly #connection: RedisConnection;
  readonly #waiter: RedisWaiter;
  readonly #writer: RedisWriter;
  readonly #prefix: string;

  constructor(options: RedisBackendOptions) {
    this.#options = options;
    this.#connection = new RedisConnection(options.url, options.log);
    this.#prefix = /[^:_.-]$/.test(options.keyPrefix) ? `${options.keyPrefix}_` : options.keyPrefix;
    this.#writer = new RedisWriter(this.#connection, options.expiresSeconds, options.log);
    this.#waiter = new RedisWaiter(this.#connection, {
      key: (taskId) => this.#taskKey(taskId),
      get: (taskId) => this.get(taskId),
      decode: async (taskId, value) => readMeta(taskId, await this.#decode(value)),
    });
  }

  start(): Promise<void> {
    return this.#connection.open();
  }

  async close(): Promise<void> {
    this.#waiter.close();
    await this.#connection.close();
  }

  async store(target: ResultTarget, record: ResultRecord): Promise<void> {
    const value = await this.#encode(resultMeta(target, record, this.#options.extended));
    const next = { status: record.status, attempt: attemptOf(target) };
    await this.#writer.replace(this.#taskKey(target.id), value, async (stored) => {
      const order = await this.#orderOf(stored);
      return order === null || mayReplace(next, order);
    });
  }

  /** Null for a value that cannot be read: nothing is lost with it. */
  async #orderOf(stored: Buffer): Promise<OrderedState | null> {
    try {
      return readOrder(await this.#decode(stored));
    } catch {
      return null;
    }
  }

  async get(taskId: string): Promise<StoredResult | null> {
    const value = await this.#read(this.#taskKey(taskId));
    return value === null ? null : readMeta(taskId, await this.#decode(value));
  }

  waitFor(taskId: string, options?: WaitOptions): Promise<StoredResult> {
    return this.#waiter.waitFor(taskId, options);
  }

  async forget(taskId: string): Promise<void> {
    await this.#connection.run((client) => client.del(this.#taskKey(taskId)));
  }

  async saveGroup(groupId: string, group: ResultTuple): Promise<void> {
    await this.#writer.write(this.#groupKey(groupId), await this.#encode({ result: group }));
  }

  async restoreGroup(groupId: string): Promise<ResultTuple | null> {
    const value = await this.#read(this.#groupKey(groupId));
    if (value === null) return null;
    const saved = await this.#decode(value);
    const group: unknown = typeof saved === "object" && saved !== null && "result" in saved ? saved.result : null;
    return isResultTuple(group) ? group : null;
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#connection.run((client) => client.del(this.#groupKey(groupId)));
  }

  /** Redis expires results itself. */
  async cleanup(): Promise<void> {}

  async setChordSize(groupId: string, size: number): Promise<void> {
    await this.#writer.write(this.#groupKey(groupId, ".s"), Buffer.from(String(size)));
  }

  async addToChord(groupId: string): Promise<void> {
    await this.#connection.run((client) => client.incr(this.#groupKey(groupId, ".t")));
  }

  async completeChordPart(
    target: Pick<ResultTarget, "id" | "group" | "groupIndex">,
    status: State,
    result: unknown,
  ): Promise<ChordOutcome> {
    const groupId = target.group;
    if (groupId === null || groupId === "") return WAITING;
    const part = await this.#encode([1, target.id, status, result]);
    const { ready, extra, size } = await this.#countPart(groupId, part, target.groupIndex);
    if (size === null || ready !== Number(size) + Number(extra ?? 0)) return WAITING;
    const group = await this.restoreGroup(groupId);
    if (group !== null) return joinGroup(this, group, this.#options.chordJoinTimeoutSeconds);
    return this.#collectParts(groupId);
  }

  async forgetChord(groupId: string): Promise<void> {
    const keys = [".j", ".t", ".s"].map((suffix) => this.#groupKey(groupId, suffix));
    await this.#connection.run((client) => client.del(keys));
  }

  async #countPart(
    groupId: string,
    part: Buffer,
    groupIndex: number | null,
  ): Promise<{ ready: number; extra: string | null; size: string | null }> {
    const [parts, extraKey, sizeKey] = [".j", ".t", ".s"].map((suffix) => this.#groupKey(groupId, suffix)) as [
      string,
      string,
      string,
    ];
    const replies = await this.#connection.run((client) => {
      const multi = client.multi();
      if (this.#isOrdered) {
        multi.zAdd(parts, { score: groupIndex ?? Number.POSITIVE_INFINITY, value: part }).zCount(parts, "-inf", "+inf");
      } else {
        multi.rPush(parts, part).lLen(parts);
      }
      multi.get(extraKey).get(sizeKey);
      const seconds = this.#options.expiresSeconds;
      if (seconds) for (const key of [parts, extraKey, sizeKey]) multi.expire(key, seconds);
      return multi.exec();
    });
    const [, ready, extra, size] = replies as unknown as [number, number, string | null, string | null];
    return { ready, extra, size };
  }

  async #collectParts(groupId: string): Promise<ChordOutcome> {
    const key = this.#groupKey(groupId, ".j");
    const parts = await this.#connection.run((client) => {
      const binary = client.withTypeMapping({ 36: Buffer });
      return this.#isOrdered ? binary.zRange(key, 0, -1) : binary.lRange(key, 0, -1);
    });
    const results: unknown[] = [];
    for (const part of parts) {
      const [, id, status, result] = (await this.#decode(part)) as [number, string, string, unknown];
      if (status === "FAILURE" || status === "REVOKED") {
        const cause = decodeException(result);
        return { kind: "failed", reason: `Dependency ${id} raised ${exceptionRepr(cause)}`, cause };
      }
      results.push(result);
    }
    return { kind: "joined", results };
  }

  #read(key: string): Promise<Buffer | null> {
    return this.#connection.run((client) => client.withTypeMapping({ 36: Buffer }).get(key));
  }

  get #isOrdered(): boolean {
    return this.#options.chordOrdered ?? true;
  }

  async #encode(value: unknown): Promise<Buffer> {
    return (await encode(value, this.#options.serializer)).body;
  }

  #decode(value: Buffer): Promise<unknown> {
    const { serializer, accept } = this.#options;
    return readStored(value, serializer, accept);
  }

  #taskKey(taskId: string): string {
    return `${this.#prefix}celery-task-meta-${taskId}`;
  }

  #groupKey(groupId: string, suffix = ""): string {
    return `${this.#prefix}celery-taskset-meta-${groupId}${suffix}`;
  }
}
