import { pino } from "pino";
import { Celery } from "../../../src/celery/app.js";
import type { SendOptions } from "../../../src/celery/canvas/options.js";
import { chain, chord, chunks, group, map, starmap } from "../../../src/celery/client/signature.js";
import { type AnyResult, GroupResult, Signature } from "../../../src/celery/index.js";
import type { ResultTuple } from "../../../src/celery/results/backend.js";
import { type PeerEnvironment, PythonPeer } from "../../support/python-peer.js";

/** A canvas as the tests write it, for clients of any language. */
export type Call = Extras &
  (
    | {
        readonly task: string;
        readonly args?: readonly unknown[];
        readonly kwargs?: Record<string, unknown>;
        readonly immutable?: boolean;
      }
    | { readonly chain: readonly Call[] }
    | { readonly group: readonly Call[] }
    | { readonly chord: readonly Call[]; readonly body: Call }
    | { readonly chunks: string; readonly items: readonly (readonly unknown[])[]; readonly size: number }
    | { readonly map: string; readonly items: readonly unknown[] }
    | { readonly starmap: string; readonly items: readonly (readonly unknown[])[] }
  );

interface Extras {
  readonly link?: readonly Call[];
  readonly linkError?: readonly Call[];
  readonly stamps?: Readonly<Record<string, unknown>>;
  readonly options?: SendOptions;
}

/** Ids of what was sent. */
export interface Sent {
  readonly id: string;
  readonly parent: Sent | null;
  readonly members: readonly Sent[] | null;
}

/** What a caller got in the end. */
export type Got =
  | { readonly value: unknown }
  | { readonly error: { readonly type: string; readonly args: readonly unknown[] } };

export interface Info {
  readonly state: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly children: readonly unknown[];
}

/** A Celery client. */
export interface Peer {
  apply(call: Call, protocol?: 1 | 2): Promise<Sent>;
  /** Waits for a result; errors are returned. */
  get(id: string): Promise<Got>;
  /** What the result backend holds now. */
  info(id: string): Promise<Info>;
  revoke(id: string): Promise<void>;
  forget(id: string): Promise<void>;
  stop(): Promise<void>;
}

const TIMEOUT_SECONDS = 20;

/** Python's own client. */
export async function pythonPeer(environment: PeerEnvironment): Promise<Peer & { readonly version: string }> {
  const peer = await PythonPeer.start(environment);
  const version = String(await peer.call("version"));
  return {
    version,
    apply: async (call, protocol = 2) => (await peer.call("apply", { call, protocol })) as Sent,
    get: async (id) => (await peer.call("get", { id, timeout: TIMEOUT_SECONDS })) as Got,
    info: async (id) => (await peer.call("info", { id })) as Info,
    revoke: async (id) => void (await peer.call("revoke", { id })),
    forget: async (id) => void (await peer.call("forget", { id })),
    stop: () => peer.stop(),
  };
}

/** Our client. */
export function nodePeer({ broker, backend, queue }: PeerEnvironment): Peer {
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  const settings = { broker, backend, taskDefaultQueue: queue, resultChordRetryInterval: 0.2, log };
  const app = new Celery("contract client", settings);
  const app1 = new Celery("contract client", { ...settings, taskProtocol: 1 });
  const results = new Map<string, AnyResult>();
  const find = (id: string) => results.get(id) ?? app.asyncResult(id);
  return {
    async apply(call, protocol = 2) {
      const result = await (protocol === 1 ? app1 : app).apply(build(call));
      results.set(result.id, result);
      return describe(result);
    },
    async get(id) {
      try {
        return { value: await find(id).get({ timeout: TIMEOUT_SECONDS }) };
      } catch (error) {
        const { pythonType, name, args = [] } = error as Error & { pythonType?: string; args?: unknown[] };
        return { error: { type: pythonType ?? name, args } };
      }
    },
    async info(id) {
      const {
        status = "PENDING",
        result = null,
        traceback = null,
        children = [],
      } = (await app.asyncResult(id).info()) ?? {};
      return {
        state: status,
        result,
        traceback,
        children: children.map((child) => describe(app.resultFromTuple(child as ResultTuple))),
      };
    },
    revoke: (id) => find(id).revoke(),
    forget: (id) => find(id).forget(),
    async stop() {
      await app.close();
      await app1.close();
    },
  };
}

function describe(result: AnyResult): Sent {
  return {
    id: result.id,
    parent: result.parent === null ? null : describe(result.parent),
    members: result instanceof GroupResult ? result.results.map(describe) : null,
  };
}

function build(call: Call): Signature {
  const made = unadorned(call);
  for (const callback of call.link ?? []) made.link(build(callback));
  for (const errback of call.linkError ?? []) made.linkError(build(errback));
  if (call.stamps !== undefined) made.stamp(call.stamps);
  return call.options === undefined ? made : made.set(call.options);
}

function unadorned(call: Call): Signature {
  const task = (name: string) =>
    new Signature({ task: name, args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false }, null);
  if ("chain" in call) return chain(...call.chain.map(build));
  if ("group" in call) return group(...call.group.map(build)) as Signature;
  if ("chord" in call) return chord(call.chord.map(build), build(call.body)) as Signature;
  if ("chunks" in call) return chunks(task(call.chunks), call.items, call.size) as Signature;
  if ("map" in call) return map(task(call.map), call.items) as Signature;
  if ("starmap" in call) return starmap(task(call.starmap), call.items) as Signature;
  const { args = [], kwargs = {}, immutable = false } = call;
  return new Signature({ task: call.task, args, kwargs, options: {}, subtask_type: null, immutable }, null);
}
