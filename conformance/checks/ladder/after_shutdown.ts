import {
  type Connection,
  parseAddress,
  type Requests,
  type Schedules,
  type Transacts,
} from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { failedWith, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import type { Gate } from "../../claim_types.ts";
import { can } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";

/** Something used after shutdown: `of` has the method that is used, and was taken before. */
function closed<C>(
  id: string,
  what: string,
  catches: string,
  method: keyof C & string,
  use: (of: C, bench: Bench) => unknown,
  needs?: Gate,
): Check {
  return {
    id: `ladder/${id}-after-shutdown`,
    promise:
      `${what} after shutdown rejects at once with closed; it never succeeds quietly.`,
    rule: 2,
    catches,
    ...(needs && { needs }),
    async run(bench) {
      const connection = await bench.connect();
      const of = await ownerOf<C>(bench, method, connection);
      await bench.get(connection.shutdown(), "shutting down");
      const deed = `${what} after shutdown`;
      const used = bench.call(() => use(of, bench), deed);
      failedWith(await bench.endsAtOnce(used, deed), deed, "closed");
    },
  };
}

/** Whatever is used after shutdown. */
export const checks: readonly Check[] = [
  closed<Connection>(
    "publish",
    "Publishing",
    "publishes-after-shutdown",
    "publisher",
    ({ publisher }, bench) => publisher.publish(bench.message("late")),
  ),
  closed<Connection>(
    "subscribe",
    "Subscribing",
    "subscribes-after-shutdown",
    "subscribe",
    (connection, bench) => connection.subscribe(parseAddress(bench.address)),
  ),
  closed<Requests>(
    "request",
    "A request",
    "request-hangs-after-shutdown",
    "request",
    (of, bench) => of.request(bench.message("late"), { timeoutMs: 1_000 }),
    can("requests"),
  ),
  closed<Transacts>(
    "begin",
    "Beginning a transaction",
    "begins-after-shutdown",
    "begin",
    (of) => of.begin(),
    can("transactions"),
  ),
  closed<Schedules>(
    "schedule",
    "Scheduling",
    "schedules-after-shutdown",
    "schedule",
    (of, bench) =>
      of.schedule(
        bench.message("late"),
        new Date(bench.clock.now() + 1_000),
      ),
    can("schedules"),
  ),
  {
    id: "ladder/streams-end-at-shutdown",
    promise:
      "A read that waits at shutdown ends, and so does each later one; none hangs.",
    rule: 2,
    catches: "streams-hang-at-shutdown",
    async run(bench) {
      for (const way of bench.ways()) {
        const connection = await bench.connect();
        const tap = await bench.tap({ way, connection });
        const reading = tap.ask();
        await bench.get(connection.shutdown(), "shutting down");
        const ending = await bench.endsAtOnce(
          reading,
          "a read that waits at shutdown",
        );
        holds(
          ending.kind === "rejected" || ending.value.done,
          "a read that waits at shutdown",
          "an end",
          "a delivery",
        );
        await bench.endsAtOnce(tap.reader.read(), "a read after shutdown");
        await bench.endsAtOnce(
          bench.call(() => tap.subscription.drain(), "a drain after shutdown"),
          "a drain after shutdown",
        );
        await bench.get(
          tap.subscription[Symbol.asyncDispose](),
          "disposing a subscription after shutdown",
        );
      }
    },
  },
  {
    id: "ladder/publisher-made-before",
    promise: "A publisher taken before shutdown is closed with its connection.",
    rule: 2,
    catches: "publisher-outlives",
    async run(bench) {
      const connection = await bench.connect();
      const publisher = await bench.publisher(connection);
      const tap = await bench.tap();
      await bench.get(publisher.publish(bench.message("1")), "publishing");
      await tap.next();
      await bench.get(connection.shutdown(), "shutting down");
      const what = "publishing by a publisher of a closed connection";
      failedWith(
        await bench.endsAtOnce(
          bench.call(() => publisher.publish(bench.message("2")), what),
          what,
        ),
        what,
        "closed",
      );
      await tap.nothing("after a publish that was refused");
    },
  },
];
