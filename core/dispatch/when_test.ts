import { bytes, channel, type Settings, subscriber } from "@ruststream/core";
import type { MessageHeaders } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fieldsOf, Kit, type Order } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const nothing: unknown = undefined;

/** Subscribers of one address, each of which takes some ids, and what each has seen. */
async function taking(
  kit: Kit,
  takes: readonly ((id: number) => boolean)[],
  settings: readonly Settings[] = [],
): Promise<string[]> {
  const seen: string[] = [];
  await kit.start(takes.map((take, n) =>
    subscriber(
      orders,
      {
        ...settings[n] ?? settings[0],
        name: `s${n}`,
        when: (payload: unknown) => take((payload as Order).id),
      } as object,
      (order: Order) => void seen.push(`s${n} ${order.id}`),
    )
  ));
  return seen;
}

test("when: the first subscriber that says true takes the message, all read one subscription", async () => {
  await using kit = new Kit();
  const seen = await taking(kit, [
    (id) => id === 1,
    (id) => id < 3,
    () => true,
  ]);

  await kit.pushMany(3);

  assert.deepEqual(seen, ["s0 1", "s1 2", "s2 3"]);
  assert.equal(kit.subscriptions.length, 1);
});

test("when sees address and headers beside the payload", async () => {
  await using kit = new Kit();
  const seen: unknown[] = [];
  await kit.start(
    subscriber(orders, {
      when: (payload, { address, headers }) => {
        seen.push(payload, address, (headers as MessageHeaders).get("KIND"));
        return true;
      },
    }, () => {}),
  );

  kit.push({ id: 1 }, { headers: { kind: "new" } });
  await kit.turns();

  assert.deepEqual(seen, [{ id: 1 }, "orders", "new"]);
});

for (
  const [settings, settled, codes, reasons] of [
    [{}, "reject", ["unmatched"], []],
    [{ deadLetter: bytes("dead") }, "ack", [], ["unmatched"]],
    [{ onUnmatched: "ack" }, "ack", [], []],
    [{ deadLetter: bytes("dead"), onUnmatched: "reject" }, "reject", [
      "unmatched",
    ], []],
  ] as const
) {
  test(`what no subscriber takes: ${Object.keys(settings).join(" and ") || "by default"} gives ${settled}`, async () => {
    await using kit = new Kit();
    const seen = await taking(kit, [() => false, () => false], [settings]);

    kit.push({ id: 1 });
    await kit.turns();

    assert.deepEqual(seen, []);
    assert.equal(kit.settled[0]?.split(" ")[1], settled);
    assert.deepEqual(kit.codes, codes);
    assert.deepEqual(
      kit.published.map((m) => fieldsOf(m)["ruststream-dead-letter-reason"]),
      reasons,
    );
  });
}

test("a when that throws makes its delivery undecodable, and the next goes on", async () => {
  await using kit = new Kit();
  const seen = await taking(kit, [(id) => {
    if (id === 1) throw nothing;
    return true;
  }]);

  await kit.pushMany(2);

  assert.deepEqual(seen, ["s0 2"]);
  assert.equal(kit.settled[0]?.split(" ")[1], "reject");
  assert.deepEqual(kit.codes, ["undecodable"]);
});

for (
  const [name, one, other] of [
    ["concurrency", 1, 2],
    ["maxHeld", 1, 2],
    ["onUnmatched", "ack", "reject"],
    ["undecodable", "reject", "retry"],
    ["maxBodyBytes", 1, 2],
    ["maxAgeMs", 1, 2],
  ] as const
) {
  test(`start() refuses subscribers of one subscription that disagree on ${name}`, async () => {
    await using kit = new Kit();

    await assert.rejects(
      taking(kit, [() => true, () => true], [{ [name]: one }, {
        [name]: other,
      }]),
      { name: "TypeError", message: new RegExp(`whose ${name} is`) },
    );
  });
}

test("the retries of a matched subscriber follow its own policy", async () => {
  await using kit = new Kit();
  const fail = () => {
    throw new Error("no");
  };
  await kit.start([
    subscriber(orders, {
      name: "a",
      when: (payload) => (payload as Order).id === 1,
      retry: { backoff: { initialMs: 10, maxMs: 10, jitter: false } },
    }, fail),
    subscriber(orders, {
      name: "b",
      when: () => true,
      retry: { backoff: { initialMs: 70, maxMs: 70, jitter: false } },
    }, fail),
  ]);

  await kit.pushMany(2);

  assert.deepEqual(kit.settled, ["1 retry 10", "2 retry 70"]);
});
