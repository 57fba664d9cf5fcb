import type {
  Connection,
  Transaction,
  Transacts,
} from "@ruststream/core/contract";
import { type Bench, numbers, texts } from "../../bench.ts";
import { alike, failedBecause, failedWith } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";

/** Begins a transaction; by default on the bench's own connection. */
export async function begin(
  bench: Bench,
  connection?: Connection,
): Promise<Transaction> {
  const owner = await ownerOf<Transacts>(bench, "begin", connection);
  return await bench.get(owner.begin(), "beginning a transaction");
}

/** Publishes in a transaction. */
export async function send(
  bench: Bench,
  transaction: Transaction,
  bodies: readonly string[],
): Promise<void> {
  for (const body of bodies) {
    await bench.get(
      transaction.publish(bench.message(body)),
      "publishing in a transaction",
    );
  }
}

const needs = can("transactions");

/** Messages that become visible together. */
export const checks: readonly Check[] = [
  {
    id: "transactions/nothing-before-commit",
    promise: "Nothing of a transaction is visible before commit.",
    rule: 17,
    needs,
    catches: "publishes-before-commit",
    async run(bench) {
      const tap = await bench.tap();
      const transaction = await begin(bench);
      await send(bench, transaction, ["1", "2"]);
      await tap.nothing("before a commit");
      await bench.get(transaction.commit(), "committing");
      alike(texts(await tap.take(2)), ["1", "2"], "what a commit shows");
    },
  },
  {
    id: "transactions/all-in-order",
    promise: "After commit all of it is visible, in order.",
    rule: 17,
    needs,
    catches: "commits-out-of-order",
    async run(bench) {
      const tap = await bench.tap();
      const transaction = await begin(bench);
      await send(bench, transaction, numbers(12));
      await bench.get(transaction.commit(), "committing");
      alike(texts(await tap.take(12)), numbers(12), "what a commit shows");
      await tap.nothing("after all of a transaction");
    },
  },
  {
    id: "transactions/left-without-commit",
    promise: "Leaving a transaction without commit discards it.",
    rule: 17,
    needs,
    catches: "leaving-commits",
    async run(bench) {
      const tap = await bench.tap();
      const transaction = await begin(bench);
      await send(bench, transaction, ["1"]);
      await bench.get(transaction[Symbol.asyncDispose](), "leaving");
      await tap.nothing("after a transaction that was left");
    },
  },
  {
    id: "transactions/used-after-end",
    promise: "A transaction used after its end rejects with closed.",
    rule: 17,
    needs,
    catches: "transaction-goes-on",
    async run(bench) {
      const tap = await bench.tap();
      const committed = await begin(bench);
      await bench.get(committed.commit(), "committing nothing");
      const left = await begin(bench);
      await bench.get(left[Symbol.asyncDispose](), "leaving");
      for (const ended of [committed, left]) {
        for (
          const [what, use] of [
            [
              "publishing after the end",
              () => ended.publish(bench.message("1")),
            ],
            ["committing after the end", () => ended.commit()],
          ] as const
        ) {
          const call = bench.call<unknown>(use, what);
          failedWith(await bench.ends(call, what), what, "closed");
        }
      }
      await tap.nothing("after transactions that have ended");
    },
  },
  {
    id: "transactions/independent",
    promise:
      "Two transactions, and a publish beside them, do not know of each other.",
    rule: 17,
    needs,
    catches: "one-transaction-for-all",
    async run(bench) {
      const tap = await bench.tap();
      const [one, other] = [await begin(bench), await begin(bench)];
      await send(bench, one, ["one"]);
      await send(bench, other, ["other"]);
      await bench.publish("beside");
      alike(
        texts(await tap.take(1)),
        ["beside"],
        "what is visible before a commit",
      );
      await bench.get(other.commit(), "committing the second");
      alike(
        texts(await tap.take(1)),
        ["other"],
        "what the second commit shows",
      );
      await bench.get(one[Symbol.asyncDispose](), "leaving the first");
      await tap.nothing("of the first");
    },
  },
  {
    id: "transactions/shutdown",
    promise:
      "A transaction that is open at shutdown publishes nothing, and rejects with closed.",
    rule: 17,
    needs,
    catches: "transaction-outlives",
    async run(bench) {
      const tap = await bench.tap();
      const connection = await bench.connect();
      const transaction = await begin(bench, connection);
      await send(bench, transaction, ["1"]);
      await bench.get(connection.shutdown(), "shutting down");
      const what = "committing after shutdown";
      const call = bench.call(() => transaction.commit(), what);
      failedWith(await bench.endsAtOnce(call, what), what, "closed");
      await tap.nothing("after a shutdown");
    },
  },
  {
    id: "transactions/abort",
    promise:
      "Beginning a transaction with an aborted signal rejects with the signal's own reason.",
    rule: 20,
    needs,
    catches: "begin-forgets-signal",
    async run(bench) {
      const owner = await ownerOf<Transacts>(bench, "begin");
      const reason = new TypeError("Cannot wait any longer");
      const what = "beginning with an aborted signal";
      const signal = AbortSignal.abort(reason);
      const call = bench.call(
        () => owner.begin({ signal }),
        what,
      );
      failedBecause(await bench.endsAtOnce(call, what), reason, what);
    },
  },
];
