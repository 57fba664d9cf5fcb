import type { Connection } from "@ruststream/core/contract";
import { type Bench, text } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { cut, cutAndMend } from "../../cutting.ts";
import { every, given, keeps } from "../../gates.ts";
import type { Tap } from "../../tap.ts";

/** A tap of a connection that was away: the same, or a new one where the old stream has ended by an error. */
async function tapAfter(
  bench: Bench,
  connection: Connection,
  tap: Tap,
): Promise<Tap> {
  const ending = await bench.looked(tap.ask());
  if (ending === undefined) return tap;
  alike(ending.kind, "rejected", "how a subscription that did not return ends");
  return await bench.tap({ connection });
}

const needs = every(given("cut"), given("mend"));

/** A connection that was lost, and is there again. */
export const checks: readonly Check[] = [
  {
    id: "cut/closed-with-cause",
    promise:
      "Where a lost connection is gone for good, closed resolves with the cause; where it may come back, closed waits, and the state says which.",
    rule: 21,
    needs: given("cut"),
    catches: "closed-without-cause",
    async run(bench) {
      const connection = await bench.connect();
      await cut(bench, connection);
      const ending = await bench.looked(connection.closed);
      const { state } = connection;
      const found = ending === undefined
        ? "waits"
        : ending.kind === "resolved" && ending.value instanceof Error
        ? "resolves with an error"
        : `${ending.kind} without a cause`;
      alike(
        found,
        state === "closed" ? "resolves with an error" : "waits",
        `closed, where the state is ${state}`,
      );
    },
  },
  {
    id: "cut/told",
    promise:
      "A connection that is there again is told, as connected or reopened, and its state is connected.",
    rule: 21,
    needs,
    catches: "comes-back-untold",
    async run(bench) {
      const connection = await bench.connect();
      await cutAndMend(bench, connection);
      alike(connection.state, "connected", "the state of what came back");
      const kinds = bench.events.map(({ kind }) => kind);
      const after = kinds.slice(kinds.indexOf("disconnected") + 1);
      holds(
        kinds.includes("disconnected") &&
          after.some((kind) => kind === "connected" || kind === "reopened"),
        "what was told of a connection that came back",
        "disconnected, then connected or reopened",
        kinds,
      );
    },
  },
  {
    id: "cut/subscription-goes-on",
    promise:
      "When a connection is there again its subscriptions go on, or have ended with an error; none is open and gets nothing.",
    rule: 4,
    needs,
    catches: "deaf-after-reconnect",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      tap.ask();
      await cutAndMend(bench, connection);
      const after = await tapAfter(bench, connection, tap);
      await bench.publish("after", { connection: await bench.connect() });
      alike(text(await after.next()), "after", "what comes after a return");
    },
  },
  {
    id: "cut/publishes-again",
    promise: "When a connection is there again, what it publishes arrives.",
    rule: 13,
    needs,
    catches: "mute-after-reconnect",
    async run(bench) {
      const connection = await bench.connect();
      await cutAndMend(bench, connection);
      const tap = await bench.tap({ connection: await bench.connect() });
      await bench.publish("after", { connection });
      alike(text(await tap.next()), "after", "what arrives after a return");
    },
  },
  {
    id: "cut/settle-while-away",
    promise:
      "An ack made while a connection is away holds where it resolves; where it rejects, the delivery comes back.",
    rule: 5,
    needs: every(needs, keeps),
    catches: "loses-settles-while-away",
    async run(bench) {
      const way = bench.group();
      const connection = await bench.connect();
      const tap = await bench.tap({ way, connection });
      await bench.publish("kept");
      const held = await tap.next();
      await cut(bench, connection);
      const what = "an ack while the connection is away";
      const call = bench.call(() => held.settle({ kind: "ack" }), what);
      const ending = bench.ends(call, what);
      await bench.settings.mend?.(connection);
      const { kind } = await ending;
      await bench.get(connection.shutdown(), "shutting down");
      const other = await bench.tap({ way });
      await bench.pass((way.guarantees.settleDeadlineMs ?? 0) * 1.5);
      alike(
        (await other.rest(kind === "resolved" ? 0 : 1)).map(text),
        kind === "resolved" ? [] : ["kept"],
        `what another member gets where the ack ${kind}`,
      );
    },
  },
];
