import type { Broker, Connection } from "../contract/broker.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { Sink } from "../contract/source.ts";

/** Where something declared is published: on another broker of the application. Made by {@linkcode on}. */
export interface Elsewhere<out P extends Publisher = Publisher> {
  /** The name of that broker. */
  readonly broker: string;
  /** How it is published there; absent where its default publisher does it. */
  readonly sink?: Sink<never>;
  /** Types only; nothing is there at run time. */
  readonly "~publisher"?: P;
}

/**
 * Has a slot, replies or dead letters published on another broker of the application, which may be added before or after.
 *
 * @example What is read on one broker is told on another
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, on, out, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const audit = channel<{ what: string }>("audit");
 * const heard: string[] = [];
 * const [here, there] = [new MemoryBroker({ name: "here" }), new MemoryBroker({ name: "there" })];
 * const take = subscriber(orders, { out: { audit: out(audit) } }, async ({ id }, ctx) => {
 *   await ctx.out.audit.publish({ what: `order ${id}` });
 * });
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(here, (b) => b.include(take, { out: { audit: on(there) } }))
 *   .withBroker(there, (b) => b.include(subscriber(audit, ({ what }) => void heard.push(what))));
 * const running = await app.start();
 * await running.publisher.publish(orders, { id: 7 });
 * await running.stop();
 * assert.deepEqual(heard, ["order 7"]);
 * ```
 *
 * @param broker One of the application's; the start fails for any other.
 */
export function on<C extends Connection>(
  broker: Broker<C>,
): Elsewhere<C["publisher"]>;
/** By a sink of that broker. */
export function on<C extends Connection, P extends Publisher>(
  broker: Broker<C>,
  sink: Sink<C, P>,
): Elsewhere<P>;
export function on(broker: Broker, sink?: Sink<never>): Elsewhere {
  return Object.freeze({
    broker: broker.name,
    ...(sink === undefined ? {} : { sink }),
  });
}

/** Whether something is published on another broker. */
export function isElsewhere(value: unknown): value is Elsewhere {
  const { broker, open } = (value ?? {}) as Partial<Elsewhere & Sink<never>>;
  // A sink may say the name of its broker too.
  return typeof broker === "string" && typeof open !== "function";
}
