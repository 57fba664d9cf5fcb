import { test } from "@ruststream/conformance/runner";
import { RustStream, subscriber } from "@ruststream/core";
import { testApp } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { sessionOf } from "../session_of.ts";
import { bytes, place } from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";
import type { Objects } from "./types.ts";
import { watchObjects } from "./watch_objects.ts";

const images = objectStore("images");

test("a subscriber of watchObjects() sees what happens in a store", async () => {
  const seen: string[] = [];
  const follow = subscriber(watchObjects(images), (event, { delivery }) => {
    seen.push(
      event.operation === "put"
        ? `${event.info.name} ${event.info.sizeBytes} ${delivery.sequence}`
        : `${event.name} ${event.operation}`,
    );
  });
  const opened = Promise.withResolvers<Objects>();
  const app = new RustStream({ title: "images", version: "1.0.0" })
    .withBroker(natsBroker(), (b) => b.include(follow))
    .afterStart(async ({ connections }) => {
      for (const connection of connections.values()) {
        opened.resolve(await objects(connection as NatsConnection, images));
      }
    });
  await using t = await testApp(app);
  const store = await opened.promise;

  const { revision: first } = await store.put("a", bytes(5));
  await t.advance(0);
  const { revision: second } = await store.update("a", { name: "b" });
  await t.advance(0);
  await store.delete("b");
  await t.advance(0);

  assert.deepEqual(seen, [
    `a 5 ${first}`,
    `b 5 ${second}`,
    "a delete",
    "b delete",
  ]);
});

test("watchObjects() begins where it is told, and fails what is not readable", async () => {
  await using at = await place();
  await at.images.put("a", bytes(1));
  const current = await watchObjects(images).open(at.connection);
  const fresh = await watchObjects(images, { from: "new" }).open(at.connection);
  const { publisher } = at.connection;
  await publisher.publish({ address: "$O.images.M.x", body: bytes(9) });

  const heard = [current, fresh].map((one) => one.deliveries.getReader());
  const { value: first } = await heard[0]?.read() ?? {};
  const { value: second } = await heard[1]?.read() ?? {};

  const { codec } = watchObjects(images).channel;
  assert.equal(first?.sequence, 2);
  assert.equal(second?.sequence, 3);
  assert.throws(() => codec?.decode(second?.message as never), TypeError);
  assert.throws(() => codec?.encode("text"), TypeError);
  assert.throws(
    () => watchObjects(images, { from: "start" as never }),
    TypeError,
  );
  assert.throws(() => watchObjects(images, { to: 1 } as never), TypeError);
  await assert.rejects(
    watchObjects(images).open(at.connection, { group: "g" }),
    { code: "unsupported" },
  );
  await sessionOf(at.connection).flush();
});
