import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { channel, RustStream, subscriber, type } from "@ruststream/core";
import type { AnyChannel } from "@ruststream/core/contract";
import { Inside } from "./_kit_test.ts";
import { service } from "./service.ts";

const total = channel<number>("total");
const sums = channel("math.sums", { payload: type<number[]>(), reply: total });
const math = service({ name: "math", version: "1.4.0" });
const add = subscriber(sums, () => 0);

test("endpoint() has the group of its service, or its own, and says so in the document", () => {
  const grouped = service({ name: "a", version: "1.0.0", group: "workers" });
  const alone = service({ name: "a", version: "1.0.0", group: false });
  const queueOf = (source: { bindings?: unknown }) => source.bindings;

  assert.deepEqual(
    [
      math.endpoint(sums),
      grouped.endpoint(sums, { group: undefined as never }),
      grouped.endpoint(sums, { group: "own" }),
      grouped.endpoint(sums, { group: false }),
      alone.endpoint(sums),
    ].map(queueOf),
    [{ queue: "q" }, { queue: "workers" }, { queue: "own" }, {}, {}]
      .map((nats) => ({ operation: { nats } })),
  );
});

test("two endpoints of one name fail the start, and name both", async () => {
  await using inside = await Inside.start();
  const named = { name: "same" };
  const app = new RustStream({ title: "math", version: "1.0.0" })
    .withBroker(
      inside.broker,
      (b) =>
        b.include(add, { source: (of) => math.endpoint(of, named) })
          .include(subscriber(channel<number>("b"), () => {}), {
            source: (of) => math.endpoint(of, named),
          }),
    );

  await assert.rejects(app.start({ clock: inside.clock }), {
    name: "TypeError",
    message:
      'Cannot open endpoint "same" of service "math" for "b": it has one of that name already, for "math.sums"; give one a name of its own',
  });
  assert.deepEqual(await inside.info(), []);
});

test("services of one name are one instance, another version is another, and a contradiction is refused", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const options = { name: "math", version: "1.4.0", metadata: { a: "1" } };
  await service(options).endpoint(sums).open(connection);
  await service({ ...options }).endpoint(total).open(connection);
  await service({ ...options, version: "2.0.0" }).endpoint(total)
    .open(connection);

  const opening = service({ ...options, metadata: {} })
    .endpoint(channel<number>("c")).open(connection);

  await assert.rejects(opening, {
    name: "TypeError",
    message: /^Cannot open service "math" 1\.4\.0: it is on this connection/,
  });
  const found = await inside.info();
  assert.deepEqual(
    found.map(({ version, endpoints }) => [version, endpoints.length]),
    [["1.4.0", 2], ["2.0.0", 1]],
  );
  assert.notEqual(found[0]?.id, found[1]?.id);
});

test("service() refuses what the protocol has no place for", () => {
  const version = "1.0.0";
  const make = (options: object) => () => service(options as never);
  for (
    const options of [
      { name: "a.b", version },
      { name: "", version },
      { name: "größe", version },
      { version },
      { name: "a", version: "1.0" },
      { name: "a", version: "v1.0.0" },
      { name: "a", version: "1.0.0-01" },
      { name: "a" },
      { name: "a", version, group: "" },
      { name: "a", version, group: "a b" },
      { name: "a", version, group: true },
      { name: "a", version, metadata: { n: 1 } },
      { name: "a", version, metadata: null },
      { name: "a", version, description: 1 },
      { name: "a", version, queueGroup: "q" },
    ]
  ) assert.throws(make(options), TypeError, JSON.stringify(options));
  for (const lawful of ["0.0.0", "1.2.3-rc.1+build.7", "10.20.30-a-b"]) {
    assert.equal(service({ name: "a", version: lawful }).version, lawful);
  }
});

test("endpoint() makes a name of its address, and refuses one that is none", async () => {
  await using inside = await Inside.start();
  const prices = channel("prices.{symbol}.{rest+}", { payload: type<1>() });
  const end = (of: AnyChannel, options: object = {}) => () =>
    math.endpoint(of, options);

  const connection = await inside.connect();
  await math.endpoint(prices).open(connection);
  const [found] = await inside.info();
  assert.deepEqual(
    found?.endpoints.map(({ name, subject }) => [name, subject]),
    [["prices-symbol-rest", "prices.*.>"]],
  );
  assert.throws(end({ address: "ü" }), TypeError);
  for (
    const options of [
      { name: "a.b" },
      { group: "" },
      { details: 1 },
      { metadata: [1] },
      { queue: "q" },
      { overflow: "wait" },
    ]
  ) assert.throws(end(sums, options), TypeError, JSON.stringify(options));
});
