import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Channel, ConsumeMessage } from "../../../../src/celery/amqp/connection.js";
import { WireConnection } from "../../../../src/celery/amqp/wire-connection.js";
import { Acks } from "../../../../src/celery/worker/broker/acks.js";

/** A channel that delivered so many messages, and what it has told the broker of them. */
function channelOf(messages: number) {
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const connection = new WireConnection(socket as Socket);
  const told: { readonly tag: number; readonly multiple: boolean }[] = [];
  const ack = ({ fields }: ConsumeMessage, multiple = false) => told.push({ tag: fields.deliveryTag, multiple });
  const deliveries = Array.from({ length: messages }, (_, index) => ({
    message: { fields: { deliveryTag: index + 1 } } as ConsumeMessage,
  }));
  const on = {
    channel: { connection, ack } as unknown as Channel,
    lostAtMs: null as number | null,
    unsettled: new Set(deliveries),
  };
  const acks = new Acks(on);
  const settle = (tag: number) => {
    const delivery = deliveries[tag - 1];
    if (delivery === undefined || !on.unsettled.delete(delivery)) throw new Error(`no delivery ${tag}`);
    return delivery;
  };
  return {
    on,
    told,
    ack: (tag: number) => acks.add(settle(tag)),
    reject: settle,
    endTurn: () => connection.flush(),
  };
}

describe("acknowledgements of one turn", () => {
  it("of all that came are one", () => {
    const { ack, endTurn, told } = channelOf(3);
    for (const tag of [2, 3, 1]) ack(tag);
    expect(told).toEqual([]);
    endTurn();
    expect(told).toEqual([{ tag: 3, multiple: true }]);
  });

  it("behind one that still runs are one each", () => {
    const { ack, endTurn, told } = channelOf(5);
    for (const tag of [5, 2, 1, 4]) ack(tag);
    endTurn();
    expect(told).toEqual([
      { tag: 5, multiple: false },
      { tag: 4, multiple: false },
      { tag: 2, multiple: true },
    ]);
  });

  it("of a single message say so", () => {
    const { ack, endTurn, told } = channelOf(1);
    ack(1);
    endTurn();
    expect(told).toEqual([{ tag: 1, multiple: false }]);
  });

  it("are not sent on a channel that was lost meanwhile", () => {
    const { ack, endTurn, told, on } = channelOf(1);
    ack(1);
    on.lostAtMs = Date.now();
    endTurn();
    expect(told).toEqual([]);
  });

  it("acknowledge exactly what was acknowledged, in whatever order and turns", () => {
    const MESSAGES = 12;
    const tags = Array.from({ length: MESSAGES }, (_, index) => index + 1);
    const steps = fc
      .shuffledSubarray(tags, { minLength: 0 })
      .chain((order) =>
        fc.tuple(
          ...order.map((tag) =>
            fc.record({ tag: fc.constant(tag), how: fc.constantFrom("ack", "ack", "reject"), endsTurn: fc.boolean() }),
          ),
        ),
      );
    fc.assert(
      fc.property(steps, (all) => {
        const channel = channelOf(MESSAGES);
        const rejected = new Set<number>();
        const acknowledged = new Set<number>();
        /** What the broker makes of it: a rejection comes before the acknowledgements of its turn. */
        const heard = () => {
          for (const { tag, multiple } of channel.told.splice(0)) {
            const from = multiple ? 1 : tag;
            for (let each = from; each <= tag; each += 1) if (!rejected.has(each)) acknowledged.add(each);
          }
        };
        for (const { tag, how, endsTurn } of all) {
          if (how === "ack") channel.ack(tag);
          else {
            channel.reject(tag);
            rejected.add(tag);
          }
          if (endsTurn) channel.endTurn();
          heard();
        }
        channel.endTurn();
        heard();
        const expected = all.filter(({ how }) => how === "ack").map(({ tag }) => tag);
        expect([...acknowledged].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });
});
