import {
  ack,
  batchSubscriber,
  channel,
  type HandlerContext,
  type Middleware,
  type Outcome,
  reject,
  Router,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const backoff = { initialMs: 100, maxMs: 100, jitter: false };

/** A middleware that notes when it is entered and left. */
function noting(seen: string[], name: string): Middleware {
  return (next) => async (ctx) => {
    seen.push(`> ${name}`);
    const outcome = await next(ctx);
    seen.push(`< ${name}`);
    return outcome;
  };
}

for (const kind of ["single", "batch"] as const) {
  test(`middleware goes around ${kind} handlers in the order application, broker, router, subscriber`, async () => {
    await using kit = new Kit();
    const seen: string[] = [];
    const note = (name: string): Middleware => noting(seen, name);
    const handle = () => void seen.push("handler");
    const middleware = [note("own 1"), note("own 2")];
    const made = kind === "single"
      ? subscriber(orders, { middleware }, handle)
      : batchSubscriber(orders, { middleware, max: 2 }, handle);
    const inner = new Router().use(note("inner")).include(made);
    const outer = new Router().use(note("outer")).include(inner);
    await kit.start(outer, {
      use: [note("app 1"), note("app 2")],
      scopeUse: [note("broker")],
    });

    kit.push({ id: 1 });
    await kit.turns();

    const names = [
      "app 1",
      "app 2",
      "broker",
      "outer",
      "inner",
      "own 1",
      "own 2",
    ];
    assert.deepEqual(seen, [
      ...names.map((name) => `> ${name}`),
      "handler",
      ...names.toReversed().map((name) => `< ${name}`),
    ]);
    assert.deepEqual(kit.settled, ["1 ack"]);
  });
}

test("middleware is composed once at each start", async () => {
  await using kit = new Kit();
  let composed = 0;
  const handle = subscriber(orders, () => {});
  const app = kit.app(handle, {
    use: [(next) => {
      composed++;
      return next;
    }],
  });

  for (const _ of [1, 2]) {
    kit.running = await app.start({ clock: kit.clock });
    await kit.pushMany(5);
    await kit.stop();
  }

  assert.equal(composed, 2);
});

for (
  const [what, twice] of [
    ["at once", (next, ctx) => {
      void next(ctx);
      return next(ctx);
    }],
    ["one after the other", async (next, ctx) => {
      await next(ctx);
      return await next(ctx);
    }],
    ["with a derived context", async (next, ctx) => {
      await next(ctx);
      return await next(Object.create(ctx));
    }],
  ] as const satisfies readonly (readonly [
    string,
    (
      next: Parameters<Middleware>[0],
      ctx: HandlerContext,
    ) => ReturnType<ReturnType<Middleware>>,
  ])[]
) {
  for (const place of ["outermost", "innermost"] as const) {
    test(`calling next twice ${what} is an error of the ${place} middleware, and the handler runs once`, async () => {
      await using kit = new Kit();
      let ran = 0;
      const calling: Middleware = (next) => (ctx) => twice(next, ctx);
      const other: Middleware = (next) => (ctx) => next(ctx);
      const use = place === "outermost" ? [calling, other] : [other, calling];
      await kit.start(
        subscriber(orders, { retry: { maxAttempts: 1 } }, () => void ran++),
        { use },
      );

      kit.push({ id: 1 });
      await kit.turns();

      assert.equal(ran, 1);
      assert.match(
        kit.settled[0] ?? "",
        /^1 reject TypeError: Cannot call next/,
      );
    });
  }
}

test("the next run of a delivery may call next again", async () => {
  await using kit = new Kit({ delayedRetry: false });
  const attempts: number[] = [];
  await kit.start(
    subscriber(orders, { retry: { backoff } }, (_order, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("no");
    }),
    { use: [(next) => (ctx) => next(ctx), (next) => (ctx) => next(ctx)] },
  );

  kit.push({ id: 1 });
  await kit.clock.advance(1_000);

  assert.deepEqual(attempts, [1, 2, 3]);
  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("a middleware may answer by itself", async () => {
  await using kit = new Kit();
  let ran = 0;
  await kit.start(subscriber(orders, () => void ran++), {
    use: [() => () => reject("not now")],
  });

  kit.push({ id: 1 });
  await kit.turns();

  assert.equal(ran, 0);
  assert.deepEqual(kit.settled, ["1 reject not now"]);
});

test("a middleware sees the outcome, also of a handler that waits, and may replace it", async () => {
  await using kit = new Kit();
  const seen: Outcome[] = [];
  await kit.start(
    subscriber(orders, async ({ id }) => {
      if (id === 2) throw new Error("no");
      await kit.clock.sleep(1);
    }),
    {
      use: [(next) => async (ctx) => {
        try {
          seen.push(await next(ctx));
          return reject("replaced");
        } catch {
          return ack();
        }
      }],
    },
  );

  await kit.pushMany(2);
  await kit.clock.advance(1);

  assert.deepEqual(seen.map(({ settlement }) => settlement.kind), ["ack"]);
  assert.deepEqual(kit.settled, ["1 reject replaced", "2 ack"]);
});

test("a context derived by Object.create reaches the handler, its getters intact", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  const derive: Middleware = (next) => (ctx) =>
    next(Object.create(ctx, { address: { value: "derived" } }));
  await kit.start(
    subscriber(
      orders,
      { timeoutMs: 50, deps: { one: () => 1 } },
      async (order, ctx) => {
        const { address, message, attempt, params, state, headers } = ctx;
        seen.push(order.id, address, message.address, attempt, params, state);
        seen.push([...headers as Iterable<unknown>], ctx.deps.one);
        await kit.clock.sleep(50);
        seen.push(ctx.signal.aborted);
      },
    ),
    { use: [derive, (next) => (ctx) => next(ctx)] },
  );

  kit.push({ id: 1 }, { headers: { a: "b" } });
  await kit.clock.advance(50);

  assert.deepEqual(seen, [
    ...[1, "derived", "orders", 1, {}, undefined],
    ...[[["a", "b"]], 1, true],
  ]);
});

test("start() refuses middleware that gives no function", async () => {
  await using kit = new Kit();
  const use = [(() => undefined) as unknown as Middleware];

  await assert.rejects(kit.start(subscriber(orders, () => {}), { use }), {
    name: "TypeError",
    message: /expected a function from handler to handler/,
  });
});

/** A dep that notes when it is made and disposed of. */
function dep(seen: string[], name: string, fails = false) {
  return () => {
    seen.push(`make ${name}`);
    return {
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        seen.push(`free ${name}`);
        if (fails) throw new Error(`no ${name}`);
      },
    };
  };
}

for (
  const [what, handle, settled] of [
    ["returns", () => {}, "1 ack"],
    ["throws", () => {
      throw new Error("bad");
    }, "1 reject Error: bad"],
    ["rejects", () => Promise.reject(new Error("bad")), "1 reject Error: bad"],
  ] as const
) {
  test(`deps are made for each run, and disposed of in reverse when the handler ${what}`, async () => {
    await using kit = new Kit();
    const seen: string[] = [];
    const deps = {
      a: dep(seen, "a"),
      plain: () => 7,
      nothing: () => undefined,
      b: () => {
        seen.push("make b");
        return { [Symbol.dispose]: () => void seen.push("free b") };
      },
    };
    await kit.start(
      subscriber(orders, { deps, retry: { maxAttempts: 1 } }, () => {
        seen.push("handler");
        return handle();
      }),
    );

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(seen, ["make a", "make b", "handler", "free b", "free a"]);
    assert.deepEqual(kit.settled, [settled]);
  });
}

test("a dep that cannot be made fails the run, and those before it are disposed of", async () => {
  await using kit = new Kit();
  const seen: string[] = [];
  const deps = {
    a: dep(seen, "a"),
    b: () => Promise.reject(new Error("no b")),
    c: dep(seen, "c"),
  };
  await kit.start(
    subscriber(
      orders,
      { deps, retry: { maxAttempts: 1 } },
      () => void seen.push("handler"),
    ),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(seen, ["make a", "free a"]);
  assert.deepEqual(kit.settled, ["1 reject Error: no b"]);
});

for (
  const [when, throws, settled] of [
    ["after a success", false, "1 reject Error: no a"],
    [
      "after a failure",
      true,
      "1 reject AggregateError: Cannot handle the delivery, nor dispose of its deps",
    ],
  ] as const
) {
  test(`a dep that cannot be disposed of ${when} fails the run, the others disposed of all the same`, async () => {
    await using kit = new Kit();
    const seen: string[] = [];
    const deps = { b: dep(seen, "b"), a: dep(seen, "a", true) };
    await kit.start(
      subscriber(orders, { deps, retry: { maxAttempts: 1 } }, () => {
        if (throws) throw new Error("bad");
      }),
    );

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(seen.slice(2), ["free a", "free b"]);
    assert.deepEqual(kit.settled, [settled]);
  });
}
