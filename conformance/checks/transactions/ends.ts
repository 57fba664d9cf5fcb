import type { Transaction } from "@ruststream/core/contract";
import { type Bench, numbers, texts } from "../../bench.ts";
import { alike, failedWith, holds, resolved } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, every, given } from "../../gates.ts";
import { begin, send } from "./transactions.ts";

/** Begins a transaction, and publishes in it. */
async function begun(
  bench: Bench,
  ...bodies: readonly string[]
): Promise<Transaction> {
  const open = await begin(bench);
  await send(bench, open, bodies);
  return open;
}

async function leave(bench: Bench, open: Transaction): Promise<void> {
  await bench.get(open[Symbol.asyncDispose](), "leaving a transaction");
}

const needs = can("transactions");

/** How a transaction ends, and that it does so once. */
export const checks: readonly Check[] = [
  {
    id: "transactions/two-commits",
    promise:
      "Of two commits at once one wins, the other rejects with closed, and the messages are there once.",
    rule: 17,
    needs,
    catches: "commits-twice",
    async run(bench) {
      const tap = await bench.tap();
      const open = await begun(bench, "1", "2");
      const both = [open.commit(), open.commit()].map((commit, index) =>
        bench.ends(commit, `commit ${index + 1}`)
      );
      const [first, second] = await Promise.all(both);
      if (first !== undefined) resolved(first, "the first of two commits");
      if (second !== undefined) {
        failedWith(second, "the second of two commits", "closed");
      }
      alike(texts(await tap.rest(2)), ["1", "2"], "what two commits show");
    },
  },
  {
    id: "transactions/left-twice",
    promise:
      "Leaving a transaction resolves after its end too, and takes nothing of a commit back.",
    rule: 17,
    needs,
    catches: "second-discard-rejects",
    async run(bench) {
      const tap = await bench.tap();
      const committed = await begun(bench, "1");
      await bench.get(committed.commit(), "committing");
      await leave(bench, committed);
      alike(texts(await tap.rest(1)), ["1"], "what a commit shows");
      const left = await begun(bench, "2");
      await leave(bench, left);
      await leave(bench, left);
      await tap.nothing("after a transaction that was left twice");
    },
  },
  {
    id: "transactions/too-large",
    promise:
      "A message that is too large is refused in a transaction as outside one; the rest can be left.",
    rule: 17,
    needs: every(needs, given("maxBodyBytes")),
    catches: "transaction-takes-too-large",
    async run(bench) {
      const { maxBodyBytes = 0 } = bench.settings;
      const tap = await bench.tap();
      const open = await begun(bench, "1");
      const what = "publishing what is too large in a transaction";
      const large = bench.message(new Uint8Array(maxBodyBytes + 1));
      failedWith(
        await bench.ends(bench.call(() => open.publish(large), what), what),
        what,
        "too-large",
      );
      await leave(bench, open);
      await tap.nothing("after a transaction that was left");
      const next = await begun(bench, "2");
      await bench.get(next.commit(), "committing the next one");
      alike(texts(await tap.take(1)), ["2"], "what the next one shows");
    },
  },
  {
    id: "transactions/overfull",
    promise:
      "What does not fit into a transaction any more is refused with too-large or overloaded; the rest can be left.",
    rule: 17,
    needs: every(needs, given("maxTransaction")),
    catches: "transaction-drops-overfull",
    async run(bench) {
      const { maxTransaction = 0 } = bench.settings;
      const tap = await bench.tap();
      const open = await begun(bench, ...numbers(maxTransaction));
      const what = "one message more than a transaction takes";
      const call = bench.call(() => open.publish(bench.message("more")), what);
      failedWith(
        await bench.ends(call, what),
        what,
        "too-large",
        "overloaded",
      );
      await leave(bench, open);
      await tap.nothing("after a transaction that was left");
      const next = await begun(bench, "next");
      await bench.get(next.commit(), "committing the next one");
      alike(texts(await tap.take(1)), ["next"], "what the next one shows");
    },
  },
  {
    id: "transactions/commit-at-shutdown",
    promise:
      "A commit that is on its way at shutdown ends: done and visible, or rejected with all or nothing of it.",
    rule: 3,
    needs,
    catches: "commit-hangs-at-shutdown",
    async run(bench) {
      const tap = await bench.tap();
      const connection = await bench.connect();
      const open = await begin(bench, connection);
      await send(bench, open, ["1", "2"]);
      const what = "a commit that is on its way at shutdown";
      const commit = bench.ends(bench.call(() => open.commit(), what), what);
      await bench.get(connection.shutdown(), "shutting down");
      const ending = await commit;
      if (ending.kind === "rejected") {
        failedWith(ending, what, "closed", "connection", "timeout");
      }
      const due = ending.kind === "resolved" ? 2 : 0;
      const shown = texts(await tap.rest(due)).join();
      holds(
        shown === "1,2" || ending.kind === "rejected" && shown === "",
        `what a commit that ${ending.kind} shows`,
        "all, or nothing where it rejected",
        shown,
      );
    },
  },
  {
    id: "transactions/lost-answer",
    promise:
      "A commit whose answer was lost rejects with timeout, not retryable: all of it is visible, or nothing.",
    rule: 17,
    needs: every(needs, given("loseCommit")),
    catches: "lost-commit-retryable",
    async run(bench) {
      const connection = await bench.connection();
      const tap = await bench.tap({ connection: await bench.connect() });
      const open = await begun(bench, "1", "2");
      await bench.settings.loseCommit?.(connection);
      const what = "a commit whose answer is lost";
      const ending = await bench.ends(
        bench.call(() => open.commit(), what),
        what,
        bench.settings.withinMs * 2,
      );
      failedWith(ending, what, "timeout");
      alike(
        ending.kind === "rejected" &&
          Reflect.get(Object(ending.reason), "retryable"),
        false,
        `whether ${what} is retryable`,
      );
      const shown = texts(await tap.rest()).join();
      holds(
        ["1,2", ""].includes(shown),
        "what such a commit shows",
        "all or nothing",
        shown,
      );
    },
  },
];
