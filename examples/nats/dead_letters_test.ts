import { test } from "@ruststream/conformance/runner";
import {
  headers,
  type KeptMessage,
  parseAddress,
  systemClock,
} from "@ruststream/core/contract";
import { natsBroker, type NatsConnection } from "@ruststream/nats";
import assert from "node:assert/strict";
import { NatsServer } from "../../_tools/nats_server.ts";
import { startExample } from "../run_example.ts";

const placed = parseAddress("orders.acme.placed");
const refused = parseAddress("orders.acme.refused");
const decoder = new TextDecoder();

/** Publishes orders that cannot be decoded: the even ones have a header that says so. */
async function poison(
  connection: NatsConnection,
  count: number,
): Promise<void> {
  const encoder = new TextEncoder();
  await Promise.all(Array.from({ length: count }, (_, i) =>
    connection.keep({
      address: placed.template,
      body: encoder.encode(`{"number":${i + 1}}`),
      headers: headers({ half: i % 2 === 0 ? "odd" : "even" }),
    })));
}

/** Waits until so many messages are kept. */
async function until(
  connection: NatsConnection,
  address: typeof placed,
  count: number,
): Promise<void> {
  const kept = await connection.kept(address);
  while (await kept.count() < count) await systemClock.sleep(10);
}

async function numbersOf(
  connection: NatsConnection,
  address: typeof placed,
): Promise<readonly number[]> {
  const kept = await connection.kept(address);
  const all: KeptMessage[] = await Array.fromAsync(kept.read());
  return all.map(({ message }) =>
    JSON.parse(decoder.decode(message.body)).number
  );
}

// In full on one runtime: all three share the minutes of a check.
const count = "Deno" in globalThis ? 1_000 : 200;

test("poisoned orders on JetStream are listed, redriven with a filter by a process that is killed and begun again, and are where they belong once each", async () => {
  await using server = await NatsServer.start();
  await using connection = await natsBroker({ servers: server.url }).connect();
  // One names a server to start, and is nothing to who connects.
  const env = { NATS_URL: server.url, NATS_SERVER: "" };
  const shop = startExample("nats", ["run"], env);
  await shop.said("runs:");
  await poison(connection, count);
  await until(connection, refused, count);
  const listing = startExample("nats", ["dead-letters", "list"], env);
  shop.signal("SIGTERM");
  assert.equal((await shop.ended).code, 0);
  const redrive = ["dead-letters", "redrive", "--where", "half=even"];

  const listed = await listing.ended;
  const killed = startExample("nats", redrive, env);
  await until(connection, placed, 1);
  killed.signal("SIGKILL");
  await killed.ended;
  const again = await startExample("nats", redrive, env).ended;

  assert.equal(listed.stdout.trimEnd().split("\n").length, count);
  assert.equal(listed.stderr, `${count} dead letters\n`);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).failed, 0);
  const even = Array.from({ length: count / 2 }, (_, i) => 2 * (i + 1));
  assert.deepEqual(
    (await numbersOf(connection, placed)).toSorted((a, b) => a - b),
    even,
  );
  assert.deepEqual(
    (await numbersOf(connection, refused)).toSorted((a, b) => a - b),
    even.map((number) => number - 1),
  );
});
