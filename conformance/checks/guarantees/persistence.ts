import {
  type Connection,
  parseAddress,
  type Seekable,
} from "@ruststream/core/contract";
import { alike } from "../../assertions.ts";
import { type Bench, numbers, texts, type Way } from "../../bench.ts";
import type { Check } from "../../check.ts";
import type { Claims, Gate } from "../../claim_types.ts";
import { Tap } from "../../tap.ts";

const durable = (bench: Bench): readonly Way[] =>
  bench.ways(({ persistence, redelivery }) =>
    persistence === "durable" && redelivery === "until-settled"
  );

function most({ broker, alone, member }: Claims): string {
  const all = [broker, alone, member].map((one) => one?.persistence ?? "none");
  return ["durable", "while-open"].find((one) =>
    all.some((each) => each === one)
  ) ?? "none";
}

const keptForAGroup: Gate = (claims) => {
  if (most(claims) !== "durable") return "it does not say durable";
  const { alone, member } = claims;
  return [alone, member].some((way) =>
      way?.persistence === "durable" && way.redelivery === "until-settled"
    )
    ? undefined
    : "not tried: it says durable, and no subscription keeps what nobody reads";
};

const keptInTheLog: Gate = (claims) => {
  const says = most(claims);
  if (says === "none") return "it keeps no messages";
  return claims.can.has("seek")
    ? undefined
    : `not tried: it says ${says}, and the bench has no log to look into`;
};

async function openLog(
  bench: Bench,
  connection: Connection,
): Promise<{ readonly log: Seekable<unknown>; readonly tap: Tap }> {
  const opened = bench.settings.log?.open(
    connection,
    parseAddress(bench.address),
  );
  if (opened === undefined) {
    throw new TypeError("Cannot open a log: none is there");
  }
  const log = await bench.get(opened, "opening a log");
  return { log, tap: new Tap(bench, log) };
}

/** How long messages are kept. */
export const checks: readonly Check[] = [
  {
    id: "guarantees/kept-for-a-group",
    promise:
      "Where persistence is durable, what is not settled is there for a broker that is made anew, as by another process.",
    rule: 14,
    needs: keptForAGroup,
    catches: "keeps-for-itself",
    async run(bench) {
      for (const way of durable(bench)) {
        const connection = await bench.connect();
        const address = `${bench.address}.${way.name}`;
        const tap = await bench.tap({ way, connection, address });
        for (const body of ["1", "2"]) {
          await bench.publish(body, { address, connection });
        }
        await bench.settle(await tap.next(), { kind: "ack" });
        await tap.next("a delivery that stays unsettled");
        await bench.get(tap.subscription[Symbol.asyncDispose](), "disposing");
        await bench.publish("3", { address, connection });
        const anew = await bench.connectAnew();
        const later = await bench.tap({ way, connection: anew, address });
        alike(
          texts(await later.rest(2)).toSorted(),
          ["2", "3"],
          "what a broker that is made anew finds unsettled",
        );
      }
    },
  },
  {
    id: "guarantees/kept-in-the-log",
    promise:
      "Where messages are kept, a log holds them after their connection has gone; where persistence is durable, for a broker that is made anew too.",
    rule: 14,
    needs: keptInTheLog,
    catches: "forgets-the-log",
    async run(bench) {
      const first = await bench.connect();
      const before = await openLog(bench, first);
      for (const body of numbers(3)) {
        await bench.publish(body, { connection: first });
      }
      const [one] = await before.tap.take(3);
      const position = one && bench.settings.log?.position(one);
      const anew = most(bench.claims) === "durable"
        ? await bench.connectAnew()
        : await bench.connect();
      await bench.get(first.shutdown(), "shutting down");
      const { log, tap } = await openLog(bench, anew);
      await bench.get(log.seek(position), "seeking in the log");
      alike(texts(await tap.take(3)), numbers(3), "what the log holds");
    },
  },
];
