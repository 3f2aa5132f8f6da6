/** A header or property table as AMQP carries it, already decoded. */
export type Table = Readonly<Record<string, unknown>>;

/** One AMQP message as the codec needs it: no channel, no tag. */
export interface RawMessage {
  readonly body: Buffer;
  readonly headers: Table;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
}

/** What to publish next, as Celery writes it in JSON. All six keys are always present on the wire. */
export interface SignatureDict {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly subtask_type: string | null;
  readonly immutable: boolean;
}

/** The third element of a v2 body. `chain` is in reverse order: the last element runs next. */
export interface Embed {
  readonly callbacks: readonly SignatureDict[] | null;
  readonly errbacks: readonly SignatureDict[] | null;
  readonly chain: readonly SignatureDict[] | null;
  readonly chord: SignatureDict | null;
}

/** A task message of either protocol version, decoded. Field names are the wire's in camelCase. */
export interface TaskMessage {
  readonly protocol: 1 | 2;
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly embed: Embed;
  readonly shadow: string | null;
  readonly eta: Date | null;
  readonly expires: Date | null;
  readonly group: string | null;
  readonly groupIndex: number | null;
  readonly retries: number;
  /** `[hard, soft]` seconds. */
  readonly timelimit: readonly [number | null, number | null];
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly argsrepr: string;
  readonly kwargsrepr: string;
  readonly origin: string | null;
  /** Null leaves it to the task. */
  readonly ignoreResult: boolean | null;
  readonly replacedTaskNesting: number;
  readonly stampedHeaders: readonly string[] | null;
  readonly stamps: Readonly<Record<string, unknown>>;
  /** Headers that the protocol does not define: custom ones, `x-death`, … */
  readonly customHeaders: Table;
}
