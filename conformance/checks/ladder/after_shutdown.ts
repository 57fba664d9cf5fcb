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

async function refuses(
  bench: Bench,
  what: string,
  use: (connection: Connection) => unknown,
): Promise<void> {
  const connection = await bench.connect();
  await bench.get(connection.shutdown(), "shutting down");
  const used = bench.call(() => use(connection), what);
  failedWith(await bench.endsAtOnce(used, what), what, "closed");
}

function closed(
  id: string,
  what: string,
  catches: string,
  use: (bench: Bench) => (connection: Connection) => unknown,
  needs?: Gate,
): Check {
  return {
    id: `ladder/${id}-after-shutdown`,
    promise:
      `${what} after shutdown rejects at once with closed; it never succeeds quietly.`,
    rule: 2,
    catches,
    ...(needs && { needs }),
    run: (bench) => refuses(bench, `${what} after shutdown`, use(bench)),
  };
}

const publisherOf = <T>({ publisher }: Connection): T => publisher as T;

/** Whatever is used after shutdown. */
export const checks: readonly Check[] = [
  closed(
    "publish",
    "Publishing",
    "publishes-after-shutdown",
    (bench) => ({ publisher }) => publisher.publish(bench.message("late")),
  ),
  closed(
    "subscribe",
    "Subscribing",
    "subscribes-after-shutdown",
    (bench) => (connection) =>
      connection.subscribe(parseAddress(bench.address)),
  ),
  closed(
    "request",
    "A request",
    "request-hangs-after-shutdown",
    (bench) => (connection) =>
      publisherOf<Requests>(connection).request(bench.message("late"), {
        timeoutMs: 1_000,
      }),
    can("requests"),
  ),
  closed(
    "begin",
    "Beginning a transaction",
    "begins-after-shutdown",
    () => (connection) => publisherOf<Transacts>(connection).begin(),
    can("transactions"),
  ),
  closed(
    "schedule",
    "Scheduling",
    "schedules-after-shutdown",
    (bench) => (connection) =>
      publisherOf<Schedules>(connection).schedule(
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
