import { test } from "@ruststream/conformance/runner";
import { type as ark } from "arktype";
import assert from "node:assert/strict";
import * as v from "valibot";
import * as z from "zod";
import { bytes, channel, checksNothing, text, type } from "./channel.ts";
import { bytesCodec, jsonCodec, textCodec } from "./codecs.ts";

test("channel() is plain, frozen data", () => {
  const payload = z.object({ id: z.number() });
  const headers = z.object({ "x-trace": z.string() });
  const options = {
    payload,
    headers,
    codec: jsonCodec,
    title: "Orders",
    summary: "What was ordered.",
    examples: [{ id: 1 }],
  };

  const orders = channel("orders.{tenant}", options);

  assert.deepEqual({ ...orders }, { address: "orders.{tenant}", ...options });
  assert.equal(Object.isFrozen(orders), true);
  assert.equal(Object.isFrozen(options), false);
});

test("channel() takes any Standard Schema", () => {
  for (
    const payload of [
      z.object({ id: z.number() }),
      v.object({ id: v.number() }),
      ark({ id: "number" }),
    ]
  ) {
    assert.equal(channel("orders", { payload }).payload, payload);
  }
});

test("type() and a channel without a schema check nothing", () => {
  assert.equal(checksNothing(type<number>()), true);
  assert.equal(checksNothing(channel<number>("orders").payload), true);
  assert.equal(checksNothing(z.number()), false);
});

test("bytes() and text() skip the codec", () => {
  assert.equal(bytes("dead.{tenant}").codec, bytesCodec);
  assert.equal(text("logs.{host}").codec, textCodec);
});

for (const address of ["", ".", "a..b", ".a", "a.", "a b", "a.*", "a.>"]) {
  test(`channel() refuses the address ${JSON.stringify(address)}`, () => {
    assert.throws(
      () => channel(address),
      (error: Error) =>
        error instanceof TypeError &&
        error.message.startsWith(
          `Cannot use address ${JSON.stringify(address)}: `,
        ),
    );
  });
}

for (
  const address of ["{x}{y}", "{rest+}.x", "{}", "{a b}", "x{y}", "{a}.{a}"]
) {
  test(`channel(), bytes() and text() refuse the template ${address}`, () => {
    const why = new RegExp(
      `^TypeError: Cannot use address "${
        address.replaceAll(/[{}+.]/g, "\\$&")
      }": `,
    );

    assert.throws(() => channel(address, { payload: type<number>() }), why);
    assert.throws(() => bytes(address), why);
    assert.throws(() => text(address), why);
  });
}

test("channel() refuses parameters without a payload type", () => {
  const message =
    'Cannot declare channel "orders.{tenant}" without a payload: an address with parameters needs { payload: type<T>() } or a schema';
  const untyped = channel as (address: string, options?: object) => unknown;

  assert.throws(() => channel("orders.{tenant}"), new TypeError(message));
  assert.throws(() => untyped("orders.{tenant}", {}), new TypeError(message));
});

test("channel() refuses a schema in the place of its options", () => {
  const untyped = channel as (address: string, options: object) => unknown;

  assert.throws(
    () => untyped("orders.{tenant}", z.object({ id: z.number() })),
    new TypeError(
      'Cannot declare channel "orders.{tenant}": expected { payload: schema }, found a schema',
    ),
  );
});

const wrong: readonly [unknown, string][] = [
  [
    { paylod: z.number() },
    'there is no option "paylod"; the nearest is "payload"',
  ],
  [{ address: "other" }, 'there is no option "address"'],
  [
    { payload: {} },
    '"payload" must be a Standard Schema, or type<T>(), found an object',
  ],
  [
    { payload: null },
    '"payload" must be a Standard Schema, or type<T>(), found null',
  ],
  [
    { payload: type(), headers: "x" },
    '"headers" must be a Standard Schema, found "x"',
  ],
  [
    { payload: type(), codec: { encode() {} } },
    '"codec" must be a codec, found an object',
  ],
];

for (const [options, why] of wrong) {
  test(`channel() says that ${why}`, () => {
    assert.throws(
      () => (channel as (a: string, o: unknown) => unknown)("orders", options),
      new TypeError(`Cannot set channel "orders": ${why}`),
    );
  });
}

test("channel() refuses an address that is no string", () => {
  assert.throws(
    () => (channel as (address: unknown) => unknown)(5),
    new TypeError(
      "Cannot declare a channel: its address must be a string, found 5",
    ),
  );
});
