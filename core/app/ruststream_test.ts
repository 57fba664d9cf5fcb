import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { channel, type } from "../channel.ts";
import { jsonCodec, textCodec } from "../codecs.ts";
import type { Middleware } from "../context.ts";
import { consoleLogger, type Logger } from "../log.ts";
import type { Observer } from "../observe.ts";
import { out } from "../publish/out.ts";
import { batchSubscriber, subscriber, subscribers } from "../subscriber.ts";
import { FakeBroker, gate, info, Kit, settleDown } from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";
import type { AppInfo, BrokerOptions } from "./types.ts";

const orders = channel<{ id: number }>("orders");
const nothing = (): void => {};

test("new RustStream() refuses what is missing, unknown or of the wrong kind", () => {
  const make = (of: object, settings?: object) => () =>
    new RustStream(of as AppInfo, settings);

  for (
    const [run, why] of [
      [
        make({ version: "1" }),
        "Cannot make an application: its title must be a string that is not empty, found undefined",
      ],
      [
        make({ title: "x", version: "" }),
        'Cannot make an application: its version must be a string that is not empty, found ""',
      ],
      [
        make({ ...info, descripton: "x" }),
        'Cannot set the application: there is no option "descripton"; the nearest is "description"',
      ],
      [
        make(info, { concurency: 1 }),
        'Cannot set the application: there is no option "concurency"; the nearest is "concurrency"',
      ],
      [
        make({ ...info, logger: nothing }),
        'Cannot set the application: "logger" must be a logger, found a function',
      ],
    ] as const
  ) {
    assert.throws(run, new TypeError(why));
  }
  assert.throws(
    make(info, { concurrency: 0 }),
    new RangeError(
      'Cannot set the application: "concurrency" must be a whole number of at least 1, found 0',
    ),
  );
});

test("RustStream.withBroker() refuses options that it does not know, and what is no broker", () => {
  const add = (options: object) => () =>
    new RustStream(info).withBroker(
      new FakeBroker(),
      undefined,
      options as BrokerOptions,
    );

  assert.throws(
    add({ onLose: "stop" }),
    new TypeError('Cannot set broker "fake": there is no option "onLose"'),
  );
  assert.throws(
    add({ onLost: "ignore" }),
    new TypeError(
      'Cannot set broker "fake": "onLost" must be one of "stop", "retry", found "ignore"',
    ),
  );
  assert.throws(
    add({ maxHeld: 0 }),
    new RangeError(
      'Cannot set broker "fake": "maxHeld" must be a whole number of at least 1, found 0',
    ),
  );
  assert.throws(
    () => new RustStream(info).withBroker("nats" as never),
    new TypeError(
      'Cannot add a broker to "shop": expected a broker, found "nats"',
    ),
  );
});

const handle = subscriber(orders, { out: { audit: out(orders) } }, nothing);
const sink = {
  open: ({ publisher }: { publisher: unknown }) => Promise.resolve(publisher),
};
const mounts: readonly [object, string][] = [
  [{ nome: "x" }, 'there is no option "nome"; the nearest is "name"'],
  [
    { concurrency: "1" },
    '"concurrency" must be a whole number of at least 1, found "1"',
  ],
  [
    { source: orders },
    '"source" must be a function from channel to source, found an object',
  ],
  [{ out: { audti: sink } }, 'its handler declares no slot "audti"'],
  [{ out: { toString: sink } }, 'its handler declares no slot "toString"'],
  [{ out: { audit: orders } }, '"out.audit" must be a sink, found an object'],
  [{ reply: sink }, "its handler declares no reply"],
  [{ reply: 5 }, '"reply" must be a sink, found 5'],
  [{ deadLetterSink: null }, '"deadLetterSink" must be a sink, found null'],
];

for (const [mount, why] of mounts) {
  test(`Scope.include() says that ${why}`, () => {
    assert.throws(
      () =>
        new RustStream(info).withBroker(
          new FakeBroker(),
          (b) => b.include(handle, mount),
        ),
      new TypeError(`Cannot set the mount of "orders": ${why}`),
    );
  });
}

test("RustStream refuses hooks, middleware, states and observers that are none", () => {
  const app = new RustStream(info);

  for (
    const [run, why] of [
      [
        () => app.use(5 as never),
        "Cannot use 5 as middleware: expected a function",
      ],
      [
        () => app.afterStart({} as never),
        "Cannot use an object as afterStart: expected a function",
      ],
      [
        () => app.beforeStop("x" as never),
        'Cannot use "x" as beforeStop: expected a function',
      ],
      [
        () => app.afterStop(null as never),
        "Cannot use null as afterStop: expected a function",
      ],
      [
        () => app.withState({} as never),
        "Cannot use an object as a state: expected a function",
      ],
      [
        () => app.observe(nothing as never),
        'Cannot observe "shop": expected an object of hooks, found a function',
      ],
    ] as const
  ) {
    assert.throws(run, new TypeError(why));
  }
});

test("RustStream.withState() comes once, before the first broker", () => {
  const why = new TypeError(
    'Cannot give "shop" a state: it must come once, before the first broker',
  );

  assert.throws(
    () => new RustStream(info).withBroker(new FakeBroker()).withState(nothing),
    why,
  );
  assert.throws(
    () => new RustStream(info).withState(nothing).withState(nothing),
    why,
  );
});

test("RustStream gives handlers of every kind the state, and middleware too", async () => {
  const { memory, clock } = new Kit();
  const mine = subscribers<{ seen: string[] }>();
  const state = { seen: [] as string[] };
  const layer: Middleware = (next) => (ctx) => {
    (ctx.state as typeof state).seen.push("layer");
    return next(ctx);
  };
  const running = await new RustStream(info).withState(() => state)
    .use(layer)
    .withBroker(
      memory,
      (b) =>
        b.include(mine.subscriber(orders, (_order, ctx) => {
          ctx.state.seen.push("one");
        })).include(
          mine.batchSubscriber(orders, { max: 2 }, (_batch, ctx) => {
            ctx.state.seen.push("batch");
          }),
        ),
    ).start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await settleDown();
  await running.stop();

  assert.deepEqual(state.seen.sort(), ["batch", "layer", "layer", "one"]);
});

test("RustStream makes deps for each delivery, in order, and disposes of them in reverse", async () => {
  const { memory, clock } = new Kit();
  const log: string[] = [];
  const dep = (name: string) => () => {
    log.push(`make ${name}`);
    return { name, [Symbol.dispose]: () => void log.push(`drop ${name}`) };
  };
  const running = await new RustStream(info).withBroker(
    memory,
    (b) =>
      b.include(subscriber(orders, {
        deps: { one: dep("one"), two: async () => await dep("two")() },
      }, ({ id }, { deps: { one, two } }) => {
        log.push(`${id} ${one.name} ${two.name}`);
      })),
  ).start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(orders, { id: 2 });
  await settleDown();
  await running.stop();

  const each = (id: number) => [
    "make one",
    "make two",
    `${id} one two`,
    "drop two",
    "drop one",
  ];
  assert.deepEqual(log, [...each(1), ...each(2)]);
});

test("RustStream.observe() tells every observer, and survives those that throw", async () => {
  const kit = new Kit();
  const log: string[] = [];
  const bad: Observer = {
    received: () => {
      throw new Error("boom");
    },
    notice: () => {
      throw new Error("boom");
    },
  };
  class Counting implements Observer {
    settledCount = 0;
    settled(): void {
      this.settledCount++;
    }
  }
  const counting = new Counting();
  const running = await kit.app().observe(bad).observe(counting).observe({
    received: ({ subscriber, attempt }) => log.push(`${subscriber} ${attempt}`),
    broker: ({ kind, broker }) => log.push(`${broker} ${kind}`),
    published: ({ address, template }) => log.push(`${address} ${template}`),
  }).withBroker(kit.memory, (b) =>
    b.include(subscriber(
      orders,
      {
        out: { audit: out(channel("audit.{of}", { payload: type<number>() })) },
      },
      async ({ id }, ctx) => {
        await ctx.out.audit.publish(id, { params: { of: "shop" } });
      },
    ))).start({ clock: kit.clock });
  await running.publisher.publish(orders, { id: 1 });
  await running.publisher.publish(orders, { id: 2 });
  await settleDown();
  const report = await running.stop();

  assert.deepEqual(report, { settled: 2, returned: 0, lost: 0 });
  assert.equal(counting.settledCount, 2);
  assert.deepEqual(log, [
    "memory connected",
    "orders orders",
    "orders 1",
    "audit.shop audit.{of}",
    "orders orders",
    "orders 1",
    "audit.shop audit.{of}",
  ]);
  assert.deepEqual(kit.notices.messages(), [
    'Cannot tell an observer "received": it threw',
    'Cannot tell an observer "notice": it threw',
  ]);
});

test("RustStream says notices to its logger, one that throws too", async () => {
  const { memory, clock } = new Kit();
  const lines: unknown[] = [];
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (message, fields) => {
      lines.push([message, fields]);
      throw new Error("boom");
    },
  };
  const boom = new Error("no such order");
  const running = await new RustStream({ ...info, logger })
    .withBroker(
      memory,
      (b) =>
        b.include(subscriber(orders, { retry: { maxAttempts: 1 } }, () => {
          throw boom;
        })),
    ).start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  const report = await running.stop();

  assert.deepEqual(report, { settled: 1, returned: 0, lost: 0 });
  assert.deepEqual(lines, [[
    'Cannot handle a delivery of "orders" (exhausted): Error: no such order',
    { code: "rejected", subscriber: "orders", address: "orders", error: boom },
  ]]);
});

test("RustStream gives handlers its logger, and hooks too", async () => {
  const { memory, clock } = new Kit();
  const seen: unknown[] = [];
  const running = await new RustStream(info).withBroker(
    memory,
    (b) =>
      b.include(subscriber(orders, (_order, { log }) => void seen.push(log))),
  ).afterStart(({ log }) => void seen.push(log)).start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  assert.deepEqual(seen, [info.logger, info.logger]);
  assert.equal(
    new RustStream({ title: "x", version: "1" }).info.logger,
    consoleLogger,
  );
});

test("Running.publisher and hooks publish by the codec of the application, which its subscribers read by", async () => {
  const { memory, clock } = new Kit();
  const codec = {
    ...jsonCodec,
    encode: (value: unknown) => textCodec.encode(`!${JSON.stringify(value)}`),
    decode: (message: Parameters<typeof textCodec.decode>[0]) =>
      JSON.parse((textCodec.decode(message) as string).slice(1)),
  };
  const seen: number[] = [];
  const app = (settings: object, options: BrokerOptions) =>
    new RustStream(info, settings).withBroker(
      memory,
      (b) => b.include(subscriber(orders, ({ id }) => void seen.push(id))),
      options,
    ).afterStart(({ publisher }) =>
      publisher.publish(orders, { id: 1 }).then(nothing)
    );

  for (
    const [settings, options] of [[{ codec }, {}], [{}, { codec }]] as const
  ) {
    const running = await app(settings, options).start({ clock });
    await running.publisher.publish(orders, { id: 2 });
    await running.stop();
  }

  assert.deepEqual(seen, [1, 2, 1, 2]);
});

test("ctx.out publishes by the nearest codec, as replies do", async () => {
  const { memory, clock } = new Kit();
  const mark = (name: string) => ({
    ...jsonCodec,
    contentType: `application/${name}`,
  });
  const answers = channel("answers", {
    payload: type<number>(),
    codec: mark("own"),
  });
  const seen: string[] = [];
  const asked = gate();
  const running = await new RustStream(info).withBroker(
    memory,
    (b) =>
      b.include(
        subscriber(orders, {
          reply: answers,
          out: { audit: out(answers) },
          codec: mark("near"),
        }, async ({ id }, ctx) => {
          await ctx.out.audit.publish(id);
          return id;
        }),
      ).include(batchSubscriber(answers, { max: 2, waitMs: 1_000 }, (batch) => {
        for (const { headers } of batch) {
          seen.push(String(headers.get("content-type")));
        }
        asked.resolve();
      })),
  ).start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await asked.promise;
  await running.stop();

  assert.deepEqual(seen, ["application/near", "application/near"]);
});
