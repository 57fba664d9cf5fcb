import {
  batchSubscriber,
  bytes,
  channel,
  type Observer,
  out,
  reject,
  retry,
  subscriber,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const hooks = [
  ...["subscribed", "received", "refused", "started"] as const,
  ...["finished", "settled", "held"] as const,
  ...["published", "broker", "notice"] as const,
];

/** An observer that keeps what each hook was told. */
function keeping(): [Observer, [string, Record<string, unknown>][]] {
  const told: [string, Record<string, unknown>][] = [];
  const observer = Object.fromEntries(hooks.map((hook) => [
    hook,
    ({ delivery: _of, ...event }: { delivery?: unknown }) =>
      void told.push([hook, event]),
  ]));
  return [observer as Observer, told];
}

test("observe() is told of each step of a delivery, in order, with what it is about", async () => {
  await using kit = new Kit({ delayedRetry: false }, { startMs: 1_000 });
  const [observer, told] = keeping();
  const fault = new Error("no");
  await kit.start(
    subscriber(orders, { name: "mine" }, (_order, { attempt }) => {
      if (attempt === 4) throw fault;
      return attempt === 3 ? retry({ afterMs: 50 }) : undefined;
    }),
    { observe: [observer], settings: { retry: { maxAttempts: 4 } } },
  );

  kit.push({ id: 1 }, { attempt: 3 });
  await kit.clock.advance(50);

  const common = {
    subscriber: "mine",
    template: "orders",
    broker: "scripted",
    address: "orders",
    bytes: 8,
  };
  const event = (attempt: number, at: number) => ({ ...common, attempt, at });
  assert.deepEqual(told.filter(([hook]) => hook !== "notice"), [
    ["subscribed", {
      subscriber: "mine",
      template: "orders",
      broker: "scripted",
      concurrency: 1,
    }],
    ["received", event(3, 1_000)],
    ["started", event(3, 1_000)],
    ["finished", event(3, 1_000)],
    ["held", { ...event(3, 1_000), forMs: 50 }],
    ["started", event(4, 1_050)],
    ["finished", { ...event(4, 1_050), error: fault }],
    ["settled", { ...event(4, 1_050), settlement: "reject" }],
  ]);
});

test("observe() is told how a delivery ended", async () => {
  await using kit = new Kit();
  const [observer, told] = keeping();
  const gate = Promise.withResolvers<void>();
  await kit.start(
    subscriber(
      orders,
      { deadLetter: bytes("dead"), concurrency: 2 },
      ({ id }) =>
        [
          () => undefined,
          () => retry(),
          () => reject("no"),
          () => gate.promise,
        ][id - 1]?.(),
    ),
    { observe: [observer] },
  );

  await kit.pushMany(4);
  await kit.stop({ drainMs: 10 });
  gate.resolve();

  const ends = told.filter(([hook]) => hook === "settled")
    .map(([, { settlement }]) => settlement);
  assert.deepEqual(ends, ["ack", "retry", "dead-letter", "release"]);
});

test("observe() is told of each publish, with its time and its error", async () => {
  await using kit = new Kit();
  const [observer, told] = keeping();
  const fault = new MessagingError("connection", "no");
  let tries = 0;
  kit.onPublish = async () => {
    await kit.clock.sleep(5);
    if (++tries === 2) throw fault;
  };
  await kit.start(
    subscriber(
      channel<Order>("orders"),
      {
        out: { audit: out(channel<string>("audit")) },
        reply: channel<string>("receipts"),
        retry: { backoff: { initialMs: 10, maxMs: 10, jitter: false } },
      },
      async (_order, ctx) => {
        await ctx.out.audit.publish("seen");
        return "done";
      },
    ) as never,
    { observe: [observer] },
  );

  kit.push({ id: 1 }, { replyTo: "inbox" });
  await kit.clock.advance(100);

  const publishes = told.filter(([hook]) => hook === "published")
    .map(([, event]) => event);
  const common = { broker: "scripted", subscriber: "orders", bytes: 6, ms: 5 };
  assert.deepEqual(publishes, [
    { address: "audit", template: "audit", kind: "publish", ...common },
    {
      address: "inbox",
      template: "receipts",
      kind: "reply",
      ...common,
      error: fault,
    },
    { address: "inbox", template: "receipts", kind: "reply", ...common },
  ]);
});

for (const hook of hooks) {
  test(`a hook "${hook}" that throws harms no delivery, and is told once`, async () => {
    await using kit = new Kit({ delayedRetry: false });
    const observer = {
      [hook]: () => {
        throw new Error("no");
      },
    };
    await kit.start(
      subscriber(
        orders,
        {
          reply: channel<string>("receipts"),
          retry: { maxAttempts: 2 },
        },
        ({ id }, { attempt }) => {
          if (id === 2) return reject("no");
          return attempt === 1 ? retry({ afterMs: 10 }) : "done";
        },
      ),
      { observe: [observer as Observer] },
    );

    await kit.pushMany(3);
    kit.push(undefined, { id: "4", body: new Uint8Array() });
    await kit.clock.advance(10);

    const told = kit.notices.filter(({ code }) => code === "observer-failed");
    const settled = kit.settled.map((one) => one.slice(0, 8));
    assert.deepEqual(settled.sort(), [
      "1 ack",
      "2 reject",
      "3 ack",
      "4 reject",
    ]);
    // The scripted broker reports nothing of its connection.
    assert.equal(told.length, hook === "broker" ? 0 : 1);
  });
}

test("without an observer of it, nothing is asked for an event", async () => {
  await using kit = new Kit();
  let asked = 0;
  const { clock } = kit;
  const now = clock.now.bind(clock);
  clock.now = () => {
    asked++;
    return now();
  };
  await kit.start(subscriber(orders, () => {}));
  const before = asked;

  await kit.pushMany(100);
  const settled = kit.settled.length;

  // The kit's own log asks once for each settlement, and to advance asks too.
  assert.equal(settled, 100);
  assert.ok(asked - before < 110, `${asked - before} times`);
});

test("observe() is told that a run has ended which a stop cut short, so that what runs can be counted", async () => {
  await using kit = new Kit({ redelivery: "until-settled" });
  const [observer, told] = keeping();
  await kit.start(
    subscriber(orders, () => new Promise<void>(() => {})),
    { observe: [observer] },
  );
  kit.push({ id: 1 });
  await kit.turns();

  await kit.stop({ drainMs: 100 });

  const steps = told.filter(([hook]) =>
    hook !== "broker" && hook !== "subscribed"
  );
  assert.deepEqual(steps.map(([hook]) => hook), [
    "received",
    "started",
    "finished",
    "settled",
  ]);
  assert.equal((steps[2]?.[1]["error"] as Error).name, "AbortError");
  assert.equal(steps[3]?.[1]["settlement"], "release");
});

test("observe() is told of a delivery that no handler gets, and of what is wrong with it", async () => {
  await using kit = new Kit();
  const [observer, told] = keeping();
  await kit.start(
    subscriber(orders, { maxBodyBytes: 20, undecodable: "reject" }, () => {}),
    { observe: [observer] },
  );

  kit.push(undefined, { body: new TextEncoder().encode("{") });
  kit.push(undefined, { body: new Uint8Array(21) });
  await kit.turns();

  const refused = told.filter(([hook]) => hook === "refused");
  assert.deepEqual(refused.map(([, { reason }]) => reason), [
    "codec",
    "too-large",
  ]);
  assert.deepEqual(told.filter(([hook]) => hook === "started"), []);
});

test("observe() is told how many deliveries a batch has, with each of them", async () => {
  await using kit = new Kit();
  const [observer, told] = keeping();
  await kit.start(
    batchSubscriber(orders, { max: 2 }, () => {}),
    { observe: [observer] },
  );

  await kit.pushMany(3);

  const started = told.filter(([hook]) => hook === "started")
    .map(([, { batchIndex, batchSize }]) => [batchIndex, batchSize]);
  assert.deepEqual(started, [[0, 2], [1, 2], [0, 1]]);
});

test("observe() is told only what an observer wants, and nothing is made where none does", async () => {
  await using kit = new Kit();
  const [one, told] = keeping();
  const wanted = new Set(["settled"]);
  const asked: string[] = [];
  const observer: Observer = {
    ...one,
    wants: (hook) => {
      asked.push(hook);
      return wanted.has(hook);
    },
  };
  const broken: Observer = {
    settled: () => told.push(["broken", {}]),
    wants: () => {
      throw new Error("cannot say");
    },
  };
  await kit.start(subscriber(orders, () => {}), {
    observe: [observer, broken],
  });

  await kit.pushMany(2);
  wanted.add("received").delete("settled");
  await kit.pushMany(1);

  assert.deepEqual(told.map(([hook]) => hook), [
    "settled",
    "settled",
    "received",
  ]);
  assert.ok(asked.includes("started"));
  assert.deepEqual(
    kit.notices.filter(({ code }) => code === "observer-failed").length,
    1,
  );
});

test("observe() keeps what one observer wants from another that does not", async () => {
  await using kit = new Kit();
  const [always, told] = keeping();
  const [never, kept] = keeping();
  await kit.start(subscriber(orders, () => {}), {
    observe: [always, { ...never, wants: () => false }],
  });

  await kit.pushMany(1);

  assert.ok(told.some(([hook]) => hook === "settled"));
  assert.deepEqual(kept, []);
});

test("while no observer wants an event, nothing is asked for it", async () => {
  await using kit = new Kit();
  const [observer, told] = keeping();
  let asked = 0;
  const { clock } = kit;
  const now = clock.now.bind(clock);
  clock.now = () => {
    asked++;
    return now();
  };
  await kit.start(subscriber(orders, () => {}), {
    observe: [{ ...observer, wants: () => false }],
  });
  const before = asked;

  await kit.pushMany(100);

  // As without an observer: the kit's own log asks, and to advance asks too.
  assert.equal(kit.settled.length, 100);
  assert.ok(asked - before < 110, `${asked - before} times`);
  assert.deepEqual(told, []);
});
