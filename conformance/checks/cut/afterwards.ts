import {
  type Awaitable,
  type Connection,
  parseAddress,
  type Requests,
  type Transacts,
} from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import type { Capability } from "../../claim_types.ts";
import { cut } from "../../cutting.ts";
import { every, given, hasDeadline } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";
import { typed } from "./pending.ts";

/** What can be waited for on a connection. */
interface Wait {
  readonly what: string;
  readonly needs?: Capability;
  readonly call: (
    bench: Bench,
    connection: Connection,
    signal: AbortSignal,
  ) => Awaitable<unknown>;
}

const waits: readonly Wait[] = [
  {
    what: "subscribing",
    call: (bench, connection, signal) =>
      bench.subscribe(connection, parseAddress(bench.address), { signal }),
  },
  {
    what: "publishing",
    call: async (bench, connection, signal) => {
      const publisher = await bench.publisher(connection);
      await publisher.publish(bench.message("1"), { signal });
    },
  },
  {
    what: "requesting",
    needs: "requests",
    call: async (bench, connection, signal) => {
      const owner = await ownerOf<Requests>(bench, "request", connection);
      const timeoutMs = bench.settings.withinMs * 100;
      await owner.request(bench.message("?"), { timeoutMs, signal });
    },
  },
  {
    what: "beginning a transaction",
    needs: "transactions",
    call: async (bench, connection, signal) =>
      await (await ownerOf<Transacts>(bench, "begin", connection))
        .begin({ signal }),
  },
];

/** What is done with a connection after it was lost. */
export const checks: readonly Check[] = [
  {
    id: "cut/abort-while-away",
    promise:
      "While there is no connection every wait ends: by an error that says so, done, or at an abort with the signal's own reason.",
    rule: 20,
    needs: given("cut"),
    catches: "waits-away-without-end",
    async run(bench) {
      await bench.tap();
      const connection = await bench.connect();
      await cut(bench, connection);
      const { can } = bench.claims;
      for (const { what, needs, call } of waits) {
        if (needs !== undefined && !can.has(needs)) continue;
        const stop = new AbortController();
        const reason = new TypeError("Cannot wait any longer");
        const named = `${what} while there is no connection`;
        const wait = Promise.resolve(
          bench.call(() => call(bench, connection, stop.signal), named),
        );
        wait.catch(() => {});
        const early = await bench.looked(wait);
        stop.abort(reason);
        const ending = early ?? await bench.endsAtOnce(wait, named);
        if (ending.kind === "rejected" && ending.reason === reason) continue;
        typed(ending, named);
      }
    },
  },
  {
    id: "cut/extend",
    promise:
      "extend() of what was in hand is false once its connection is closed for good.",
    rule: 9,
    needs: every(given("cut"), hasDeadline),
    catches: "extends-when-cut",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ way: bench.group(), connection });
      await bench.publish("1");
      const held = await tap.next();
      await cut(bench, connection);
      const still = held.extend?.();
      alike(
        connection.state === "closed" ? still : false,
        false,
        `extend() where the connection is ${connection.state}`,
      );
    },
  },
  {
    id: "cut/shutdown",
    promise:
      "A connection that was lost can be shut down: its state is closed then, and nothing hangs.",
    rule: 2,
    needs: given("cut"),
    catches: "shutdown-hangs-when-cut",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      const reading = tap.ask();
      await cut(bench, connection);
      const what = "shutting a lost connection down";
      await bench.ends(connection.shutdown(), what);
      alike(connection.state, "closed", "the state after it");
      await bench.ends(connection.closed, "closed after it");
      await bench.ends(reading, "a read that waited for a lost connection");
      await bench.get(
        tap.subscription[Symbol.asyncDispose](),
        "disposing a subscription of it",
      );
    },
  },
];
