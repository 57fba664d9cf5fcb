import {
  ack,
  batch,
  batchSubscriber,
  bytes,
  channel,
  type HandlerContext,
  map,
  out,
  pipeline,
  reject,
  reply,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { headers } from "@ruststream/core/contract";
import {
  correlate,
  type CorrelateOptions,
  correlationOf,
} from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import { testApp } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const receipts = channel<Order>("receipts");
const audit = channel<Order>("audit");
const prices = channel<{ cents: number }>("prices");
const quotes = channel("quotes", {
  payload: type<{ sku: string }>(),
  reply: prices,
});
const dead = bytes("dead");
const header = "correlation-id";
const abc = { [header]: "abc" };

/** A service that writes down which message carried which id. */
class Trace {
  readonly kit: Kit = new Kit();
  /** Address and id of each message that was sent, but by the test. */
  readonly sent: string[] = [];

  async start(
    included: Parameters<Kit["start"]>[0],
    options: CorrelateOptions = {},
    half: "both" | "consuming" = "both",
  ): Promise<void> {
    const made = correlate(options);
    await this.kit.start(included, [made.middleware], [
      ...(half === "both" ? [made.publishMiddleware] : []),
      (next) => (message, to) => {
        const ids = message.headers?.getAll(options.header ?? header) ?? [];
        this.sent.push(`${to.kind} ${message.address}: ${ids.join("+")}`);
        return next(message, to);
      },
    ]);
  }
}

test("correlate() puts the id of a delivery on what its handler sends, replies and logs", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const seen: unknown[] = [];
  const take = subscriber(
    orders,
    { reply: receipts, out: { audit: out(audit) } },
    async ({ id }, ctx) => {
      seen.push(correlationOf(ctx));
      ctx.log.info("taken", { id });
      await ctx.out.audit.publish({ id });
      return { id };
    },
  );
  await trace.start(take);

  await kit.publish([1], abc);

  assert.deepEqual(seen, ["abc"]);
  assert.deepEqual(trace.sent, ["publish audit: abc", "reply receipts: abc"]);
  assert.deepEqual(kit.lines, [{
    level: "info",
    message: "taken",
    fields: { correlationId: "abc", id: 1 },
  }]);
});

test("correlate() covers requests, schedules and transactions of slots, and keeps what they do", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const take = subscriber(orders, {
    out: {
      ask: out(quotes).requests(),
      ledger: out(audit).transactional(),
      later: out(receipts).schedules(),
    },
  }, async ({ id }, ctx) => {
    const { cents } = await ctx.out.ask.request({ sku: "abc" }, {
      timeoutMs: 100,
    });
    await using transaction = await ctx.out.ledger.begin();
    await transaction.publish({ id: cents });
    await transaction.commit();
    const left = await ctx.out.ledger.begin();
    await left.publish({ id: 99 });
    await left[Symbol.asyncDispose]();
    await assert.rejects(left.publish({ id: 99 }), { code: "closed" });
    await ctx.out.later.schedule({ id }, new Date(kit.clock.now() + 1_000));
  });
  const heard: unknown[] = [];
  await trace.start([
    take,
    subscriber(quotes, ({ sku }) => ({ cents: sku.length })),
    subscriber(audit, ({ id }, ctx) => void heard.push(id, correlationOf(ctx))),
    subscriber(
      receipts,
      ({ id }, ctx) => void heard.push(id, correlationOf(ctx)),
    ),
  ]);

  await kit.publish([7], abc);
  await kit.clock.advance(1_000);

  assert.deepEqual(heard, [3, "abc", 7, "abc"]);
  assert.deepEqual(
    trace.sent.map((line) => line.replace(/ \S*INBOX\S*:/i, " inbox:")).filter(
      (line) => !line.endsWith(": abc"),
    ),
    [],
  );
  assert.deepEqual(kit.notices, []);
});

test("correlate() leaves a header of that name as the handler wrote it, and reserved ones refused", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const refused: unknown[] = [];
  const take = subscriber(
    orders,
    { reply: receipts, out: { audit: out(audit) } },
    async ({ id }, ctx) => {
      const { publish } = ctx.out.audit;
      await publish({ id }, { headers: { "Correlation-ID": "own" } });
      await publish({ id }, { headers: [["x", "y"]] });
      await publish({ id }, { headers: ctx.headers });
      for (const name of ["ruststream-x", "no name"]) {
        await publish({ id }, { headers: { [name]: "y" } })
          .catch((error) => refused.push(error));
      }
      return reply({ id }, { headers: { [header]: "mine" } });
    },
  );
  await trace.start(take);

  await kit.publish([1], { ...abc, "ruststream-z": "left out" });

  assert.deepEqual(trace.sent, [
    "publish audit: own",
    "publish audit: abc",
    "publish audit: abc",
    "reply receipts: mine",
  ]);
  assert.deepEqual(refused.map((error) => (error as Error).name), [
    "TypeError",
    "TypeError",
  ]);
});

test("correlate() keeps the reply's key, and the work for after", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const seen: unknown[] = [];
  await trace.start([
    subscriber(
      orders,
      { reply: receipts },
      ({ id }) =>
        reply({ id }, { key: "k", headers: { a: "b" } })
          .andAfter(() => void seen.push("after")),
    ),
    subscriber(
      receipts,
      (_receipt, { message }) =>
        void seen.push(message.key, message.headers?.get("a")),
    ),
  ]);

  await kit.publish([1], abc);

  assert.deepEqual(seen.sort(), ["after", "b", "k"]);
});

test("correlate() takes the message's id where there is no other, and makes one where there is none, the same in each run", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const seen: (string | undefined)[] = [];
  const backoff = { initialMs: 1, maxMs: 1, jitter: false };
  const take = subscriber(
    orders,
    { retry: { backoff, order: "keep" } },
    (_order, ctx) => {
      seen.push(correlationOf(ctx));
      if (ctx.attempt < 3) throw new Error("no");
    },
  );
  await trace.start(take);

  await kit.publish([1], { "message-id": "m-1", [header]: "" });
  await kit.clock.advance(10);
  await kit.publish([2]);
  await kit.clock.advance(10);

  assert.deepEqual(seen.slice(0, 3), ["m-1", "m-1", "m-1"]);
  assert.match(String(seen[3]), /^[0-9a-f]{32}$/);
  assert.deepEqual([seen[4], seen[5]], [seen[3], seen[3]]);
});

test("correlate() makes ids that follow from the clock's seed", async () => {
  const made: unknown[] = [];
  for (const _ of [1, 2]) {
    const trace = new Trace();
    await using kit = trace.kit;
    await trace.start(
      subscriber(orders, (_o, ctx) => void made.push(correlationOf(ctx))),
    );
    await kit.publish([1]);
  }
  assert.equal(made.length, 2);
  assert.equal(made[0], made[1]);
});

test("correlate() begins a chain with what is published by hand, by the header and the ids it is given", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  let made = 0;
  const seen: unknown[] = [];
  await trace.start(
    subscriber(orders, (_o, ctx) => void seen.push(correlationOf(ctx))),
    { header: "x-trace", makeId: () => `made-${++made}` },
  );

  await kit.running?.publisher.publish(orders, { id: 1 });
  await kit.running?.publisher.publish(orders, { id: 2 }, {
    headers: { "X-Trace": "own" },
  });
  await kit.turns();

  assert.deepEqual(seen, ["made-1", "own"]);
  assert.deepEqual(trace.sent, [
    "publish orders: made-1",
    "publish orders: own",
  ]);
});

test("correlate() leaves dead letters the id of their message, or none", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  await trace.start(
    subscriber(orders, { deadLetter: dead }, () => reject("no")),
  );

  await kit.publish([1], abc);
  await kit.publish([2]);

  assert.deepEqual(trace.sent, ["dead-letter dead: abc", "dead-letter dead: "]);
});

test("correlate() gives each reply of a batch the id of its element, and the log and slots none where they differ", async () => {
  const trace = new Trace();
  await using kit = trace.kit;
  const seen: unknown[] = [];
  const take = batchSubscriber(
    orders,
    { max: 2, waitMs: 10, reply: receipts, out: { audit: out(audit) } },
    async (batch, ctx) => {
      seen.push(correlationOf(ctx));
      ctx.log.info("batch");
      await ctx.out.audit.publish({ id: 0 });
      return batch.map(({ payload }) => reply(payload));
    },
  );
  await trace.start(take, {}, "consuming");
  const [connection] = kit.running?.connections.values() ?? [];
  const send = async (...ids: readonly string[]) => {
    for (const id of ids) {
      await connection?.publisher.publish({
        address: "orders",
        body: new TextEncoder().encode('{"id":1}'),
        headers: headers({ [header]: id }),
      });
    }
    await kit.turns();
  };

  await send("a", "b");
  await send("c", "c");

  assert.deepEqual(seen, [undefined, "c"]);
  assert.deepEqual(trace.sent, [
    "publish audit: ",
    "reply receipts: a",
    "reply receipts: b",
    "publish audit: c",
    "reply receipts: c",
    "reply receipts: c",
  ]);
  assert.deepEqual(kit.lines.map(({ fields }) => fields), [{}, {
    correlationId: "c",
  }]);
});

test("correlate() leaves the context it is given as it is, and what is no outcome", async () => {
  const frozen = Object.freeze({
    message: {
      address: "orders",
      body: new Uint8Array(),
      headers: headers(abc),
    },
    delivery: {},
    log: {},
    out: {},
  }) as unknown as HandlerContext;
  const seen: unknown[] = [];
  const { middleware } = correlate();

  const outcome = await middleware((ctx) => {
    seen.push(ctx === frozen, correlationOf(ctx), correlationOf(frozen));
    return ack();
  })(frozen);
  const nonsense = await middleware(() => undefined as never)(frozen);

  assert.deepEqual(seen, [false, "abc", undefined]);
  assert.equal(outcome, ack());
  assert.equal(nonsense, undefined);
});

for (
  const [what, options] of [
    ["a header with a space", { header: "correlation id" }],
    ["a reserved header", { header: "ruststream-id" }],
    ["a makeId that is no function", { makeId: "x" as never }],
  ] as const
) {
  test(`correlate() refuses ${what}`, () => {
    assert.throws(() => correlate(options), TypeError);
  });
}

test("correlate() puts the id of a delivery on what a pipeline makes of it, and of a batch the one that all have", async () => {
  const sent: string[] = [];
  const { middleware, publishMiddleware } = correlate();
  const each = pipeline(
    orders,
    {},
    (s, io) => s.pipeThrough(map((o) => o)).pipeTo(io.sinkTo(receipts)),
  );
  const batched = pipeline(
    audit,
    {},
    (s, io) =>
      s.pipeThrough(batch({ max: 2, waitMs: 1_000 }))
        .pipeThrough(map(([first]) => first as Order))
        .pipeTo(io.sinkTo(receipts)),
  );
  const app = new RustStream({ title: "shop", version: "1.0.0" })
    .use(middleware)
    .usePublish(publishMiddleware)
    .withBroker(new MemoryBroker(), (b) => b.include(each).include(batched));
  await using t = await testApp(app);

  await t.publish(orders, { id: 1 }, { headers: abc });
  for (const ids of [["a", "a"], ["b", "c"]]) {
    for (const id of ids) {
      await t.send(audit, { id: 1 }, { headers: { [header]: id } });
    }
    await t.settle();
  }
  for (const { headers } of t.published(receipts).messages) {
    sent.push(headers.get(header) ?? "");
  }

  assert.deepEqual(sent.slice(0, 2), ["abc", "a"]);
  assert.match(sent[2] ?? "", /^[0-9a-f]{32}$/);
  assert.equal(sent.length, 3);
});
