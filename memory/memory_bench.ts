/// <reference lib="deno.ns" />
import { parseAddress } from "@ruststream/core/contract";
import { MemoryBroker } from "./mod.ts";

const group = "publish, read and ack 1,000 messages of 128 bytes";
const count = 1_000;
const message = Object.freeze({
  address: "orders",
  body: new Uint8Array(128).fill(7),
});

Deno.bench("array, copied bodies (floor)", { group, baseline: true }, () => {
  const queue: typeof message[] = [];
  for (let sent = 0; sent < count; sent++) {
    queue.push({ ...message, body: new Uint8Array(message.body) });
  }
  while (queue.length > 0) queue.shift();
});

for (const options of [{}, { group: "workers" }]) {
  const whose = "group" in options ? "a group" : "a subscription";

  Deno.bench(`batches of 64, ${whose}`, { group }, async () => {
    await using connection = await new MemoryBroker().connect();
    const orders = await connection.subscribe(parseAddress("orders"), options);
    const reader = orders.batches(64).getReader();
    for (let sent = 0; sent < count; sent++) {
      connection.publisher.publish(message);
    }

    for (let read = 0; read < count;) {
      const { value = [] } = await reader.read();
      for (const delivery of value) delivery.settle({ kind: "ack" });
      read += value.length;
    }
  });
}

Deno.bench("one by one, each publish awaited", { group }, async () => {
  await using connection = await new MemoryBroker().connect();
  const orders = await connection.subscribe(parseAddress("orders"));
  const reader = orders.deliveries.getReader();
  for (let sent = 0; sent < count; sent++) {
    await connection.publisher.publish(message);
  }

  for (let read = 0; read < count; read++) {
    const { value } = await reader.read();
    value?.settle({ kind: "ack" });
  }
});
