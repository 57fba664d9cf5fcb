import { test } from "@ruststream/conformance/runner";
import { ack, batchSubscriber, reply, retry } from "@ruststream/core";
import { isMessagingError } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { Kit } from "./_kit_test.ts";
import {
  booking,
  boom,
  Ledger,
  orders,
  outs,
  receipts,
  untilAbort,
} from "./_ledger_kit_test.ts";

test("a transaction that begins when its batch was given up is discarded, and the handler not run in it", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const gate = Promise.withResolvers<void>();
  let first = true;
  books.onBegin = () => {
    if (!first) return Promise.resolve();
    first = false;
    return gate.promise;
  };
  const { book, runs } = booking(ack, { timeoutMs: 100, abandonMs: 100 });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(1);
  await kit.clock.advance(1_000);
  gate.resolve();
  await kit.turns();

  assert.deepEqual(runs, [[1]]);
  assert.deepEqual(books.visible, ["ledger 1"]);
  assert.deepEqual(books.log, ["2 committed", "1 discarded"]);
  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("a commit that hangs until the timeout is given up, and the batch retried one by one", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  let commits = 0;
  books.onCommit = (signal) =>
    commits++ === 0 ? untilAbort(signal) : Promise.resolve();
  const { book, runs } = booking(ack, { timeoutMs: 100 });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(2);
  await kit.clock.advance(1_000);

  assert.deepEqual(runs, [[1, 2], [1], [2]]);
  assert.deepEqual(books.visible, ["ledger 1", "ledger 2"]);
  assert.deepEqual(kit.settled, ["1 ack", "2 ack"]);
});

test("a begin that hangs until the timeout is given up, and so is one that rejects", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const begins = [untilAbort, () => Promise.reject(boom)];
  books.onBegin = (signal) => begins.shift()?.(signal) ?? Promise.resolve();
  const { book, runs } = booking(ack, { timeoutMs: 100 });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(1);
  await kit.clock.advance(1_000);

  assert.deepEqual(runs, [[1]]);
  assert.deepEqual(books.log, ["3 committed"]);
  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("a stop while a commit hangs ends with the drain: the commit is given up and the batch given back", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  books.onCommit = untilAbort;
  const { book } = booking(ack);
  await kit.start(book, { mount: books.mount });
  await kit.pushMany(2);

  const [report, took] = await kit.stop({ drainMs: 500 });
  await kit.turns();

  assert.equal(took, 500);
  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
  assert.deepEqual(books.log, ["1 discarded"]);
  assert.deepEqual(books.visible, []);
  assert.deepEqual(kit.settled, ["1 release", "2 release"]);
});

test("slots that a handler keeps after its end reject with closed, and publish nothing", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const kept: { publish(id: number): Promise<unknown> }[] = [];
  const book = batchSubscriber(
    orders,
    { max: 10, transactional: true, out: outs },
    (_batch, ctx) => void kept.push(ctx.out.ledger),
  );
  await kit.start(book, { mount: books.mount });
  await kit.pushMany(1);
  const [slot] = kept;

  await assert.rejects(
    Promise.resolve(slot?.publish(7)),
    (error) => isMessagingError(error, "closed"),
  );
  assert.deepEqual(books.visible, []);
  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("deps and middleware are inside the transaction: what they swallow is committed, what they throw is not", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const log = books.log;
  const make = (name: string, swallows: boolean) =>
    batchSubscriber(orders, {
      name,
      max: 10,
      group: name,
      transactional: true,
      out: outs,
      retry: { maxAttempts: 1 },
      deps: {
        book: (ctx) => ({
          ledger: ctx.out["ledger"],
          [Symbol.asyncDispose]: () => {
            log.push(`${name} disposed`);
            return Promise.resolve();
          },
        }),
      },
      middleware: [(next) => async (ctx) => {
        try {
          return await next(ctx);
        } catch (error) {
          if (swallows) return ack();
          throw error;
        }
      }],
    }, async (_batch, ctx) => {
      assert.equal(ctx.deps.book.ledger, ctx.out.ledger);
      assert.equal(ctx.signal.aborted, false);
      await ctx.out.ledger.publish(swallows ? 1 : 2);
      throw boom;
    });
  await kit.start([make("a", true), make("b", false)], { mount: books.mount });

  kit.push({ id: 1 }, {}, 0);
  await kit.turns();
  kit.push({ id: 2 }, {}, 1);
  await kit.turns();

  assert.deepEqual(log, [
    "a disposed",
    "1 committed",
    "b disposed",
    "2 discarded",
  ]);
  assert.deepEqual(books.visible, ["ledger 1"]);
  assert.equal(kit.settled.length, 2);
});

test("work for after a transactional batch runs once, after its acks, and not for a run that was discarded", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  const after: string[] = [];
  const note = (what: string) => () =>
    void after.push(`${what} behind ${kit.settled.length}`);
  let splits = true;
  const { book } = booking((ids) => {
    if (ids.length === 2 && splits) {
      splits = false;
      return [
        reply(1).andAfter(note("discarded")),
        retry().andAfter(note("discarded")),
      ];
    }
    return ids.map((id) => reply(id).andAfter(note(`work of ${id}`)));
  }, { reply: receipts });
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(2);
  await kit.clock.advance(100);
  await kit.pushMany(2);

  assert.deepEqual(after.map((line) => line.slice(0, 9)), [
    "work of 1",
    "work of 2",
    "work of 1",
    "work of 2",
  ]);
  assert.deepEqual(books.visible.length, 8);
  assert.equal(kit.settled.length, 4);
});

test("work for after a transactional batch that ends as one runs once", async () => {
  await using kit = new Kit();
  const books = new Ledger();
  let after = 0;
  const { book } = booking(() => ack().andAfter(() => void after++));
  await kit.start(book, { mount: books.mount });

  await kit.pushMany(3);

  assert.equal(after, 1);
  assert.deepEqual(kit.settled, ["1 ack", "2 ack", "3 ack"]);
});
