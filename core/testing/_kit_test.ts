// What the tests of applications under test share; there is no test in it.
import { channel, RustStream, type as of } from "@ruststream/core";
import type { Subscriber } from "@ruststream/core";
import {
  type Channel,
  type Connection,
  systemClock,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";

export interface Order {
  readonly id: number;
}

type Plain<T, A extends string = ""> = Channel<A, T, T, unknown>;
interface Price {
  readonly cents: number;
}

export const info = { title: "shop", version: "1.0.0" };
export const orders: Plain<Order> = channel("orders");
export const receipts: Plain<Order> = channel("receipts");
export const prices: Plain<Price> = channel("prices");
export const quotes: Plain<{ sku: string }, "quotes"> & {
  readonly reply: Plain<Price>;
} = channel("quotes", { payload: of<{ sku: string }>(), reply: prices });
export const audit: Plain<{ what: string }, "audit.{of}"> = channel(
  "audit.{of}",
  { payload: of<{ what: string }>() },
);

/** A service on one memory broker. */
export function service(
  ...subscribers: readonly Subscriber<Connection, undefined>[]
): RustStream {
  return new RustStream(info).withBroker(new MemoryBroker(), (b) => {
    for (const one of subscribers) {
      b.include(one as Subscriber<Connection, undefined, never>);
    }
  });
}

/** Work that needs the machine, and not the clock: many turns of the event loop. */
export async function realWork(turns = 300): Promise<number> {
  for (let turn = 0; turn < turns; turn++) await systemClock.turn();
  return turns;
}
