import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { channel, type } from "../channel.ts";
import type { Middleware } from "../context.ts";
import type { Outcome } from "../outcome.ts";
import { subscriber } from "../subscriber.ts";
import { FakeBroker, info, Kit } from "./_kit_test.ts";
import { Router } from "./router.ts";
import { RustStream } from "./ruststream.ts";
import type { AppDescription } from "./describe.ts";

const orders = channel<{ id: number }>("orders");
const placed = channel("{tenant}.placed", { payload: type<{ id: number }>() });
const nothing = (): void => {};

function describe(router: Router, app = new RustStream(info)): AppDescription {
  return app.withBroker(new FakeBroker(), (b) => b.include(router)).describe();
}

test("Router prefixes join from the outside in", () => {
  const inner = new Router({ prefix: "orders" })
    .include(subscriber(placed, nothing));
  const middle = new Router().include(inner).include(
    subscriber(placed, nothing),
  );
  const outer = new Router({ prefix: "shop.eu" }).include(middle);

  assert.deepEqual(
    describe(outer).subscribers.map(({ address, name }) => [address, name]),
    [
      ["shop.eu.orders.{tenant}.placed", "shop.eu.orders.{tenant}.placed"],
      ["shop.eu.{tenant}.placed", "shop.eu.{tenant}.placed"],
    ],
  );
});

test("Router with a prefix reads there, and its parameters are those of the whole address", async () => {
  const { memory, clock } = new Kit();
  const seen: string[] = [];
  const router = new Router({ prefix: "shop" }).include(
    subscriber(placed, ({ id }, { params, address }) => {
      seen.push(`${id} ${params.tenant} ${address}`);
    }),
  );
  const whole = channel("shop.{tenant}.placed", {
    payload: type<{ id: number }>(),
  });
  const running = await new RustStream(info)
    .withBroker(memory, (b) => b.include(router)).start({ clock });
  await running.publisher.publish(whole, { id: 1 }, {
    params: { tenant: "acme" },
  });
  await running.publisher.publish(placed, { id: 2 }, {
    params: { tenant: "acme" },
  });
  await running.stop();

  assert.deepEqual(seen, ["1 acme shop.acme.placed"]);
});

test("Router settings are nearer than those of what holds it, and farther than those of what it holds", () => {
  const handle = subscriber(orders, { maxHeld: 2 }, nothing);
  const inner = new Router({ maxHeld: 3, concurrency: 3 })
    .include(handle, { maxHeld: 1 })
    .include(handle);
  const outer = new Router({
    concurrency: 4,
    group: "outer",
    retry: { maxAttempts: 4 },
  }).include(inner);
  const app = new RustStream(info, {
    concurrency: 6,
    timeoutMs: 6_000,
    retry: { order: "keep" },
  }).withBroker(new FakeBroker(), (b) => b.include(outer), {
    group: "broker",
    timeoutMs: 5_000,
    retry: { maxAttempts: 5 },
  });

  const [found] = app.describe().subscribers;

  assert.deepEqual(
    [
      found?.concurrency,
      found?.group,
      found?.timeoutMs,
      found?.maxAttempts,
      found?.order,
    ],
    [3, "outer", 5_000, 4, "keep"],
  );
});

test("Router middleware runs between that of what holds it and that of what it holds", async () => {
  const { memory, clock } = new Kit();
  const log: string[] = [];
  const layer = (name: string): Middleware => (next) => (ctx) => {
    log.push(name);
    return next(ctx);
  };
  const inner = new Router().use(layer("inner")).include(
    subscriber(orders, { middleware: [layer("own 1"), layer("own 2")] }, () => {
      log.push("handler");
    }),
  );
  const running = await new RustStream(info)
    .use(layer("app 1")).use(layer("app 2"))
    .withBroker(
      memory,
      (b) =>
        b.include(new Router().use(layer("outer")).include(inner))
          .use(layer("broker")),
    )
    .start({ clock });
  await running.publisher.publish(orders, { id: 1 });
  await running.stop();

  assert.deepEqual(log, [
    "app 1",
    "app 2",
    "broker",
    "outer",
    "inner",
    "own 1",
    "own 2",
    "handler",
  ]);
});

test("RustStream.start() composes middleware anew, and refuses one that gives no handler", async () => {
  const { memory, clock } = new Kit();
  let composed = 0;
  const count: Middleware = (next) => {
    composed++;
    return next;
  };
  const app = new RustStream(info).use(count).withBroker(
    memory,
    (b) => b.include(subscriber(orders, nothing)),
  );
  await (await app.start({ clock })).stop();
  await (await app.start({ clock })).stop();
  const wrong = (() => undefined) as unknown as () => () => Outcome;

  await assert.rejects(
    app.use(wrong).start({ clock }),
    /^TypeError: Cannot compose middleware 2: expected a function from handler to handler/,
  );
  // The innermost is composed first.
  assert.equal(composed, 2);
});

test("Router.include() refuses a router that would hold itself", () => {
  const router = new Router();
  const holder = new Router().include(new Router().include(router));
  const message = /^TypeError: Cannot include a router: it would hold itself$/;

  assert.throws(() => router.include(router), message);
  assert.throws(() => router.include(holder), message);
});

test("Router.include() refuses what is neither a subscriber nor a router, and options for a router", () => {
  const router = new Router() as unknown as {
    include(what: unknown, mount?: object): void;
  };

  for (
    const [what, found] of [
      [orders, "an object"],
      [nothing, "a function"],
      [undefined, "undefined"],
      ["orders", '"orders"'],
    ] as const
  ) {
    assert.throws(
      () => router.include(what),
      new TypeError(
        `Cannot include ${found}: expected a subscriber or a router`,
      ),
    );
  }
  assert.throws(
    () => router.include(new Router(), { concurrency: 2 }),
    /^TypeError: Cannot mount a router with options: its settings are given to the router itself$/,
  );
});

test("Router takes what is included after it was itself", () => {
  const router = new Router();
  const app = new RustStream(info)
    .withBroker(new FakeBroker(), (b) => b.include(router));

  router.include(subscriber(orders, nothing));

  assert.equal(app.describe().subscribers.length, 1);
});

test("new Router() refuses a prefix that is no address, or has parameters", () => {
  assert.throws(
    () => new Router({ prefix: "{tenant}" }),
    /^TypeError: Cannot prefix addresses with "\{tenant\}": it has parameters$/,
  );
  assert.throws(
    () => new Router({ prefix: "shop." }),
    /^TypeError: Cannot use address "shop\.": it has an empty token$/,
  );
  assert.throws(
    () => new Router({ prefix: 5 } as object),
    /^TypeError: Cannot prefix addresses with 5: expected a string$/,
  );
});
