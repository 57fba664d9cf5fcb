import {
  type Connection,
  isMessagingError,
  type Requests,
} from "@ruststream/core/contract";
import { type Bench, text, texts } from "../../bench.ts";
import { alike, type Ending, failedWith, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { cut } from "../../cutting.ts";
import { can, every, given, keeps } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";
import { begin, send } from "../transactions/transactions.ts";

/** What a lost connection may answer. */
const lost = ["connection", "closed", "timeout"] as const;

/** Fails where something was rejected with another error than that of a lost connection. */
export function typed(ending: Ending, what: string): void {
  if (ending.kind === "rejected") failedWith(ending, what, ...lost);
}

/** Starts something, cuts the connection before it can have ended, and says how it ends. */
async function cutUnder(
  bench: Bench,
  connection: Connection,
  what: string,
  call: () => unknown,
): Promise<Ending<unknown>> {
  const wait = Promise.resolve(bench.call(call, what));
  wait.catch(() => {});
  await cut(bench, connection);
  return await bench.ends(wait, what);
}

const needs = given("cut");

/** What is pending when a connection is lost ends; nothing hangs, and nothing is consumed by it. */
export const checks: readonly Check[] = [
  {
    id: "cut/settle",
    promise:
      "A settle that is pending when its connection is lost ends: done, or rejected with an error that says so.",
    rule: 5,
    needs,
    catches: "settle-hangs-when-cut",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      await bench.publish("1");
      const held = await tap.next();
      const what = "a settle that is pending at a cut";
      typed(
        await cutUnder(
          bench,
          connection,
          what,
          () => held.settle({ kind: "ack" }),
        ),
        what,
      );
    },
  },
  {
    id: "cut/settle-after",
    promise:
      "A delivery of a lost connection answers a settle with an error that says so: it never succeeds quietly where the connection is closed.",
    rule: 5,
    needs,
    catches: "settles-when-cut",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      await bench.publishAll(["1", "2"]);
      const held = await tap.take(2);
      await cut(bench, connection);
      for (const delivery of held) {
        const what = `a settle where the connection is ${connection.state}`;
        const call = bench.call(() => delivery.settle({ kind: "ack" }), what);
        const ending = await bench.ends(call, what);
        typed(ending, what);
        holds(
          ending.kind === "rejected" || connection.state !== "closed",
          what,
          "a rejection",
          "that it resolved",
        );
      }
    },
  },
  {
    id: "cut/publish",
    promise:
      "A publish that is pending when its connection is lost resolves and arrives, or rejects with an error that says so.",
    rule: 5,
    needs,
    catches: "publish-hangs-when-cut",
    async run(bench) {
      const other = await bench.tap();
      const connection = await bench.connect();
      const publisher = await bench.publisher(connection);
      const what = "a publish that is pending at a cut";
      const ending = await cutUnder(
        bench,
        connection,
        what,
        () => publisher.publish(bench.message("1")),
      );
      typed(ending, what);
      const confirmed = ending.kind === "resolved" &&
        publisher.confirms !== "sent";
      const came = texts(await other.rest(confirmed ? 1 : 0));
      holds(
        came.length === 1 || !confirmed && came.length === 0,
        "how often it arrives",
        confirmed ? "once" : "once, or never",
        came.length,
      );
    },
  },
  {
    id: "cut/request",
    promise:
      "A request that is open when its connection is lost rejects with connection or closed, long before its time.",
    rule: 16,
    needs: every(needs, can("requests")),
    catches: "request-hangs-when-cut",
    async run(bench) {
      const asked = await bench.tap();
      const connection = await bench.connect();
      const requests = await ownerOf<Requests>(bench, "request", connection);
      const what = "a request that is open at a cut";
      const waiting = requests.request(bench.message("?"), {
        timeoutMs: bench.settings.withinMs * 100,
      });
      waiting.catch(() => {});
      await asked.next("the request");
      const ending = await cutUnder(bench, connection, what, () => waiting);
      failedWith(ending, what, "connection", "closed");
    },
  },
  {
    id: "cut/commit",
    promise:
      "A transaction that is open when its connection is lost ends, and shows all or nothing.",
    rule: 17,
    needs: every(needs, can("transactions")),
    catches: "commit-hangs-when-cut",
    async run(bench) {
      const tap = await bench.tap();
      const connection = await bench.connect();
      const open = await begin(bench, connection);
      await send(bench, open, ["1", "2"]);
      await cut(bench, connection);
      const what = "committing what was open at a cut";
      const call = bench.call(() => open.commit(), what);
      const ending = await bench.ends(call, what);
      typed(ending, what);
      const unknown = ending.kind === "rejected" &&
        isMessagingError(ending.reason, "timeout");
      const lawful = ending.kind === "resolved"
        ? ["1,2"]
        : unknown
        ? ["1,2", ""]
        : [""];
      const due = ending.kind === "resolved" ? 2 : 0;
      const shown = texts(await tap.rest(due)).join();
      holds(
        lawful.includes(shown),
        `what it shows, ${ending.kind}`,
        lawful,
        shown,
      );
    },
  },
  {
    id: "cut/unsettled-returns",
    promise:
      "What a group had in hand on a connection that is lost is not consumed: another member gets it.",
    rule: 8,
    needs: every(needs, keeps),
    catches: "cut-consumes",
    async run(bench) {
      const way = bench.group();
      const connection = await bench.connect();
      const tap = await bench.tap({ way, connection });
      await bench.publish("kept");
      await tap.next();
      await cut(bench, connection);
      const other = await bench.tap({ way });
      await bench.pass((way.guarantees.settleDeadlineMs ?? 0) * 1.5);
      const back = await other.next("what was in hand at a cut");
      alike(text(back), "kept", "the body that returns");
      await bench.settle(back, { kind: "ack" });
    },
  },
];
