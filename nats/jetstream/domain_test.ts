import assert from "node:assert/strict";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "@ruststream/conformance/runner";
import { anyPort, NatsServer } from "../../_tools/nats_server.ts";
import { natsBroker } from "../nats_broker.ts";
import type { NatsBrokerOptions } from "../options.ts";
import { jetStream } from "./jet_stream.ts";
import { order, orders, take, textOf } from "./_kit_test.ts";
import { ordered } from "./ordered.ts";
import { jetStreamSink } from "./sink.ts";

const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

/** A folder for a store, and what removes it. */
function store(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "nats-store-"));
  return {
    path: JSON.stringify(path),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Publishes and reads, acks and asks, and says what is left. */
async function goesRound(options: NatsBrokerOptions): Promise<object> {
  await using connection = await natsBroker(options).connect();
  const subscription = await jetStream(orders, { stream, durable: "billing" })
    .open(connection);
  const publisher = await jetStreamSink({ stream }).open(connection);
  await publisher.publish(order(1));
  await publisher.publish(order(2));
  const [first, second] = await take(subscription, 2);
  await first?.settle({ kind: "ack" });
  await second?.settle({ kind: "ack" });
  await connection.nats.flush();
  const log = await ordered(orders, { stream, from: "start" }).open(connection);
  const read = await take(log, 2);
  return { read: read.map(textOf), left: await subscription.backlog() };
}

const wentRound = { read: ["1", "2"], left: { waiting: 0, unsettled: 0 } };

test("a domain is reached through a server that has no JetStream", async () => {
  using folder = store();
  const port = anyPort();
  await using hub = await NatsServer.start({
    jetStream: false,
    config: `jetstream { domain: hub, store_dir: ${folder.path} }
leafnodes { listen: "127.0.0.1:${port}" }`,
  });
  await using leaf = await NatsServer.start({
    jetStream: false,
    config: `leafnodes {
  remotes: [{ url: "nats-leaf://127.0.0.1:${port}" }], reconnect: 1
}`,
  });
  await using direct = await natsBroker({ servers: hub.url }).connect();
  await using near = await natsBroker({ servers: leaf.url }).connect();
  let joined = false;
  direct.nats.subscribe("joined", { callback: () => void (joined = true) });
  while (!joined) {
    near.nats.publish("joined");
    await near.nats.flush();
    await direct.nats.flush();
  }

  assert.deepEqual(
    await goesRound({ servers: leaf.url, jetStream: { domain: "hub" } }),
    wentRound,
  );
  await assert.rejects(goesRound({ servers: leaf.url }), {
    code: "unsupported",
  });
});

test("the JetStream of another account is reached under its prefix", async () => {
  using folder = store();
  await using server = await NatsServer.start({
    jetStream: false,
    config: `jetstream { store_dir: ${folder.path} }
accounts {
  keeper: {
    jetstream: enabled, users: [{ user: keeper, password: p }]
    exports: [
      { service: "$JS.API.>", response: stream }, { service: "$JS.ACK.>" }
      { service: "orders.>" }
    ]
  }
  guest: {
    users: [{ user: guest, password: p }]
    imports: [
      { service: { account: keeper, subject: "$JS.API.>" }, to: "keeper.api.>" }
      { service: { account: keeper, subject: "$JS.ACK.>" } }
      { service: { account: keeper, subject: "orders.>" } }
    ]
  }
}`,
  });
  const servers = server.url.replace("//", "//guest:p@");

  assert.deepEqual(
    await goesRound({ servers, jetStream: { apiPrefix: "keeper.api" } }),
    wentRound,
  );
});
