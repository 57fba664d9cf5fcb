import { channel, jsonCodec, subscriber, type } from "@ruststream/core";
import type { Codec } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { Kit, type Order, textOf } from "./_kit_test.ts";

/** A channel that says what it decodes. */
function told(lines: string[]) {
  const codec: Codec = {
    ...jsonCodec,
    decode(message) {
      const order = jsonCodec.decode(message) as Order;
      lines.push(`decode ${order.id}`);
      return order;
    },
  };
  return channel("orders", { payload: type<Order>(), codec });
}

test("what was delivered before is decoded when those read with it have ended: it may have killed the process", async () => {
  await using kit = new Kit();
  const lines: string[] = [];
  await kit.start(
    subscriber(told(lines), (order) => void lines.push(`run ${order.id}`)),
  );

  for (const id of [1, 2]) kit.push({ id }, { attempt: 2 });
  await kit.turns();

  assert.deepEqual(lines, ["decode 1", "run 1", "decode 2", "run 2"]);
});

test("a large body is decoded when it is its turn", async () => {
  await using kit = new Kit();
  const lines: string[] = [];
  await kit.start(
    subscriber(told(lines), (order) => void lines.push(`run ${order.id}`)),
  );

  for (const id of [1, 2]) kit.push({ id, note: "x".repeat(5_000) });
  await kit.turns();

  assert.deepEqual(lines, ["decode 1", "run 1", "decode 2", "run 2"]);
});

test("each handler gets what its own message says, though what is unread is extended and lost meanwhile", async () => {
  await using kit = new Kit({ settleDeadlineMs: 100 });
  const seen: string[] = [];
  await kit.start(
    subscriber(channel<Order>("orders"), async (order, { message, clock }) => {
      seen.push(`${order.id} ${textOf(message)}`);
      await clock.sleep(60);
    }),
  );
  const gone = new Set(["4", "7"]);
  kit.onExtend = (id) => !gone.has(id);

  for (let id = 1; id <= 40; id++) kit.push({ id });
  await kit.turns();
  await kit.clock.advance(60 * 40);

  const ids = Array.from({ length: 40 }, (_, index) => index + 1);
  assert.deepEqual(
    seen,
    ids.filter((id) => !gone.has(String(id))).map((id) => `${id} {"id":${id}}`),
  );
});

test("a body that does not decode is refused at its turn, and those behind it are handled", async () => {
  await using kit = new Kit();
  const handled: number[] = [];
  await kit.start(
    subscriber(
      channel<Order>("orders"),
      { undecodable: "reject" },
      ({ id }) => void handled.push(id),
    ),
  );

  kit.push({ id: 1 });
  kit.push(undefined, { body: new Uint8Array([123]) });
  kit.push({ id: 3 });
  await kit.turns();

  assert.deepEqual(handled, [1, 3]);
  assert.deepEqual(kit.settled.map((line) => line.split(" ")[1]), [
    "ack",
    "reject",
    "ack",
  ]);
});
