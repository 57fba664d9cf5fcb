import {
  channel,
  Router,
  type RustStream,
  type Settings,
  subscriber,
} from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");

/** The levels, the nearest to the mount first. */
const levels = [
  "mount",
  "subscriber",
  "inner",
  "outer",
  "scope",
  "app",
] as const;
type Level = typeof levels[number];

function appOf(kit: Kit, of: Partial<Record<Level, Settings>>): RustStream {
  const handle = subscriber(orders, of.subscriber ?? {}, () => {});
  const inner = new Router(of.inner ?? {}).include(handle, of.mount ?? {});
  const outer = new Router(of.outer ?? {}).include(inner);
  return kit.app(outer, {
    ...(of.scope === undefined ? {} : { scope: of.scope }),
    ...(of.app === undefined ? {} : { settings: of.app }),
  });
}

for (const [index, nearest] of levels.entries()) {
  test(`${nearest} settings win over all that are further from the mount`, () => {
    const from = levels.slice(index);
    const of = Object.fromEntries(
      from.map((level, n) => [level, { concurrency: 10 + n }]),
    );

    const { subscribers: [described] } = appOf(new Kit(), of).describe();

    assert.equal(described?.concurrency, 10);
  });
}

test("settings are merged by name: each level says what it says", () => {
  const app = appOf(new Kit(), {
    app: { timeoutMs: 7, maxHeld: 3 },
    inner: { concurrency: 5 },
    mount: { group: "g" },
  });

  const { subscribers: [described] } = app.describe();

  assert.equal(described?.concurrency, 5);
  assert.equal(described?.group, "g");
});

test("retry is merged field by field, also over fields that are undefined", async () => {
  await using kit = new Kit();
  const handle = subscriber(orders, {
    retry: { maxAttempts: undefined as unknown as number, order: "yield" },
  }, () => {
    throw new Error("no");
  });
  await kit.start(handle, {
    settings: { retry: { maxAttempts: 9, order: "keep" } },
    scope: { retry: { maxAttempts: 2 } },
    mount: { retry: { backoff: { initialMs: 70, maxMs: 70, jitter: false } } },
  });

  kit.push({ id: 1 });
  kit.push({ id: 2 }, { attempt: 2 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 retry 70", "2 reject Error: no"]);
});
