import { parseAddress } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { Bus } from "./_bus.ts";
import { BusConnection } from "./_connection.ts";
import { Kit, read, text } from "./_kit_test.ts";
import {
  MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryConnection,
} from "./mod.ts";
import { Session } from "./_session.ts";
import { settingsOf } from "./_settings.ts";

async function logged(
  connection: MemoryConnection,
  address = "a",
): Promise<string[]> {
  const log = await connection.readLog(parseAddress(address));
  await log.drain();
  return (await Array.fromAsync(log.deliveries)).map(read);
}

test("retain keeps the newest messages of each address", async () => {
  await using kit = new Kit({ retain: { messages: 2 } });
  const connection = await kit.connect();

  for (const body of ["1", "2", "3"]) {
    await connection.publisher.publish(text("a", body));
    await connection.publisher.publish(text("b", body));
  }

  assert.deepEqual(await logged(connection), ["2", "3"]);
  assert.deepEqual(await logged(connection, "{any}"), ["2", "2", "3", "3"]);
});

test("retain keeps so many bytes, and the newest however large it is", async () => {
  await using kit = new Kit({ retain: { bytes: 4 } });
  const connection = await kit.connect();
  const { publisher } = connection;

  for (const body of ["1", "22", "33"]) {
    await publisher.publish(text("a", body));
  }
  const full = await logged(connection);
  await publisher.publish(text("a", "4"));
  const one = await logged(connection);
  await publisher.publish(text("a", "55555"));

  assert.deepEqual(full, ["22", "33"]);
  assert.deepEqual(one, ["33", "4"]);
  assert.deepEqual(await logged(connection), ["55555"]);
});

test("retain keeps what is not too old, and the newest however old it is", async () => {
  await using kit = new Kit({ retain: { ageMs: 10 } });
  const connection = await kit.connect();
  await connection.publisher.publish(text("a", "1"));
  await kit.clock.advance(5);
  await connection.publisher.publish(text("a", "2"));

  await kit.clock.advance(5);
  const both = await logged(connection);
  await kit.clock.advance(1);
  const one = await logged(connection);
  await kit.clock.advance(1_000);

  assert.deepEqual(both, ["1", "2"]);
  assert.deepEqual(one, ["2"]);
  assert.deepEqual(await logged(connection), ["2"]);
});

test("retain obeys all of its limits", async () => {
  await using kit = new Kit({ retain: { messages: 3, bytes: 4, ageMs: 10 } });
  const connection = await kit.connect();
  const { publisher } = connection;

  for (const body of ["1", "2", "3", "4"]) {
    await publisher.publish(text("a", body));
  }
  const count = await logged(connection);
  await publisher.publish(text("a", "555"));

  assert.deepEqual(count, ["2", "3", "4"]);
  assert.deepEqual(await logged(connection), ["4", "555"]);
});

test("retain forgets the address published to longest ago when there are too many", async () => {
  await using kit = new Kit({ retain: { messages: 1, addresses: 2 } });
  const connection = await kit.connect();

  for (const address of ["a", "b", "a", "c"]) {
    await connection.publisher.publish(text(address, address));
  }

  assert.deepEqual(await logged(connection, "{any}"), ["a", "c"]);
});

test("retain keeps 4,096 addresses by default", async () => {
  const bus = new Bus(settingsOf({ retain: { messages: 1 } }));
  const session = new Session(new VirtualClock(), () => {});
  const connection = new BusConnection(bus, session);

  for (let n = 0; n < 5_000; n++) {
    await connection.publisher.publish(text(`customer.${n}`));
  }

  assert.equal(bus.retained?.size, 4_096);
  await connection.shutdown();
});

test("retain lets go of what is old at an address that nobody publishes to", async () => {
  const bus = new Bus(settingsOf({ retain: { ageMs: 10 } }));
  const clock = new VirtualClock();
  const connection = new BusConnection(bus, new Session(clock, () => {}));
  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("quiet", body));
  }
  await clock.advance(100);

  for (let n = 0; n < 10; n++) await connection.publisher.publish(text("a"));

  // Read at a time when none of it was too old: what is gone is gone.
  const left = bus.retained?.read(parseAddress("quiet"), 0) ?? [];
  assert.deepEqual(left.map(({ message }) => read(message)), ["2"]);
  await connection.shutdown();
});

test("retain keeps what nobody read, through any shutdown, and no replies", async () => {
  await using kit = new Kit({ retain: { messages: 9 } });
  const one = await kit.connect();
  await one.publisher.publish(text("a", "1"));
  await one.publisher.publish(text("_reply.1", "2"));
  await one.shutdown();

  const two = await kit.connect();

  assert.deepEqual(await logged(two), ["1"]);
  assert.deepEqual(await logged(two, "{all+}"), ["1"]);
});

test("a retained body does not keep those beside it", async () => {
  await using kit = new Kit({ retain: { messages: 9 } });
  const connection = await kit.connect();
  await connection.publisher.publish(text("a", "1"));

  const log = await connection.readLog(parseAddress("a"));
  const { value } = await log.deliveries.getReader().read();

  assert.equal(value?.message.body.buffer.byteLength, 1);
});

test("inProcess() retains as its broker does", async () => {
  await using kit = new Kit({ retain: { messages: 1 } });
  await using connection = await (await kit.broker.inProcess()).connect();

  for (const body of ["1", "2"]) {
    await connection.publisher.publish(text("a", body));
  }

  assert.deepEqual(await logged(connection), ["2"]);
});

test("retain refuses options it does not know, and ones without an end", () => {
  const lawless: readonly [unknown, RegExp][] = [
    [{ mesages: 1 }, /"retain": there is no option "mesages"/],
    [null, /"retain": expected an object, found null/],
    [5, /"retain": expected an object, found number/],
    [{}, /"retain": expected an end by messages, bytes or ageMs, found none/],
    [{ addresses: 5 }, /expected an end/],
    [{ messages: 0 }, /"retain.messages": expected a whole number/],
    [{ bytes: 1.5 }, /"retain.bytes": expected a whole number/],
    [{ ageMs: -1 }, /"retain.ageMs": expected a finite number/],
    [{ messages: "1" }, /"retain.messages": expected a number, found string/],
    [{ messages: 1, addresses: Infinity }, /"retain.addresses"/],
  ];

  for (const [retain, message] of lawless) {
    const options = { retain } as MemoryBrokerOptions;
    assert.throws(() => new MemoryBroker(options), { message });
  }
});

test("retain takes frozen options", async () => {
  const options = Object.freeze({
    retain: Object.freeze({ messages: Infinity, ageMs: 5 }),
  });

  await using connection = await new MemoryBroker(options).connect();

  assert.deepEqual(await logged(connection), []);
});
