import { alike } from "../../assertions.ts";
import { type Bench, numbers, text, texts } from "../../bench.ts";
import type { Connection } from "@ruststream/core/contract";
import type { Check } from "../../check.ts";
import type { Gate } from "../../claim_types.ts";
import { every, given, member } from "../../gates.ts";

const confirmed: Gate = ({ confirms }) =>
  confirms === "sent" ? "its publishes are only sent" : undefined;

const stored: Gate = ({ confirms }) =>
  confirms === "stored" ? undefined : `its publishes are only ${confirms}`;

/** A message on a connection of its own, published in this very turn: what is looked at next comes before anything else does. */
async function publishAlone(
  bench: Bench,
): Promise<Connection> {
  const connection = await bench.connect();
  const publisher = await bench.publisher(connection);
  await publisher.publish(bench.message("1"));
  return connection;
}

/** What a resolved publish holds against. */
export const checks: readonly Check[] = [
  {
    id: "publish/confirmed-survives-the-connection",
    promise:
      "A publish that resolved as received or stored is there, whatever happens to its connection next.",
    rule: 13,
    needs: confirmed,
    catches: "confirms-too-soon",
    async run(bench) {
      const tap = await bench.tap();
      const leaving = await publishAlone(bench);
      await bench.get(leaving.shutdown(), "shutting down");
      alike(text(await tap.next()), "1", "a confirmed publish");
    },
  },
  {
    id: "publish/confirmed-survives-a-cut",
    promise:
      "A publish that resolved as received or stored is there, though its connection is cut in that moment.",
    rule: 13,
    needs: every(confirmed, given("cut")),
    catches: "confirms-what-is-buffered",
    async run(bench) {
      const tap = await bench.tap();
      const leaving = await publishAlone(bench);
      await bench.settings.cut?.(leaving);
      alike(text(await tap.next()), "1", "a confirmed publish");
    },
  },
  {
    id: "publish/stored-survives-a-restart",
    promise:
      "A publish that resolved as stored is there, though the server is restarted in that moment.",
    rule: 13,
    needs: every(
      stored,
      given("restart"),
      member(
        "to keep messages across restarts",
        ({ persistence, redelivery }) =>
          persistence === "durable" && redelivery === "until-settled",
      ),
    ),
    catches: "stores-too-late",
    async run(bench) {
      const way = bench.group();
      const tap = await bench.tap({ way });
      await bench.get(tap.subscription[Symbol.asyncDispose](), "disposing");
      await publishAlone(bench);
      await bench.settings.restart?.();
      const after = await bench.tap({ way, connection: await bench.connect() });
      alike(text(await after.next()), "1", "what was stored before a restart");
    },
  },
  {
    id: "publish/confirmed-is-before-the-next",
    promise:
      "What was confirmed stands before what is published after it, whoever publishes that.",
    rule: 13,
    needs: every(
      confirmed,
      ({ alone }) =>
        alone.ordering === "address"
          ? undefined
          : "its addresses have no order of their own",
    ),
    catches: "confirms-out-of-turn",
    async run(bench) {
      const tap = await bench.tap();
      const publishers = await Promise.all(
        [0, 1].map(async () => bench.publisher(await bench.connect())),
      );
      for (const [index, body] of numbers(20).entries()) {
        await publishers[index % 2]?.publish(bench.message(body));
      }
      alike(
        texts(await tap.take(20)),
        numbers(20),
        "what two publishers sent, each after the other was confirmed",
      );
    },
  },
];
