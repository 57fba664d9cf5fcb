import {
  parseAddress,
  type Requests,
  type Schedules,
  type Transacts,
} from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { ownerOf } from "../../owner_of.ts";
import { watchedSignal } from "../../watched_signal.ts";

/** Every wait that the broker has, each to its end. */
const waits: Readonly<
  Record<string, (bench: Bench, signal: AbortSignal) => Promise<unknown>>
> = {
  connecting: async (bench, signal) => {
    const { clock } = bench;
    const connection = await bench.broker.connect({ clock, signal });
    await connection.shutdown();
  },
  subscribing: async (bench, signal) => {
    const connection = await bench.connection();
    const address = parseAddress(bench.address);
    const opened = await bench.subscribe(connection, address, { signal });
    await opened[Symbol.asyncDispose]();
  },
  publishing: async (bench, signal) => {
    const publisher = await bench.publisher();
    await publisher.publish(bench.message("1"), { signal });
  },
  requesting: async (bench, signal) => {
    if (!bench.claims.can.has("requests")) return;
    const tap = await bench.tap();
    const owner = await ownerOf<Requests>(bench, "request");
    const options = { timeoutMs: bench.settings.withinMs, signal };
    const waiting = owner.request(bench.message("?"), options);
    waiting.catch(() => {});
    const { replyTo: address = "" } = await tap.next("the request");
    await bench.publish("!", { address });
    await waiting;
  },
  "a transaction": async (bench, signal) => {
    if (!bench.claims.can.has("transactions")) return;
    const owner = await ownerOf<Transacts>(bench, "begin");
    const open = await owner.begin({ signal });
    await open.publish(bench.message("1"), { signal });
    await open.commit({ signal });
  },
  scheduling: async (bench, signal) => {
    if (!bench.claims.can.has("schedules")) return;
    const owner = await ownerOf<Schedules>(bench, "schedule");
    const now = new Date(bench.clock.now());
    await owner.schedule(bench.message("1"), now, { signal });
  },
};

/** What is left of a signal's wait. */
export const checks: readonly Check[] = [
  {
    id: "signals/no-listener-left",
    promise:
      "A wait that has ended leaves no listener on its signal, which may live as long as the process.",
    rule: 20,
    catches: "leaves-listeners",
    async run(bench) {
      for (const [what, wait] of Object.entries(waits)) {
        const { signal, listeners } = watchedSignal();
        await bench.get(wait(bench, signal), what);
        await bench.turns();
        alike(listeners(), 0, `listeners that ${what} leaves on its signal`);
      }
    },
  },
];
