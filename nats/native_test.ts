import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { natsBroker } from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";

test("nativeJetStream() gives the client's own objects, typed", async () => {
  await using server = await NatsServer.start();
  await using connection = await natsBroker({ servers: server.url }).connect();

  const { client, manager } = await connection.nativeJetStream();
  await manager.streams.add({ name: "ORDERS", subjects: ["orders.*"] });
  const { seq } = await client.publish("orders.1", "one");
  const found = await manager.streams.getMessage("ORDERS", { seq });

  assert.equal(found?.string(), "one");
});

test("nativeJetStream() says where JetStream does not answer, and that the connection is closed", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const broker = natsBroker({
    servers: server.url,
    jetStream: { domain: "hub" },
  });
  const connection = await broker.connect();

  await assert.rejects(connection.nativeJetStream(), {
    code: "unsupported",
    message: /under "\$JS\.hub\.API"/,
  });
  await connection.shutdown();
  await assert.rejects(connection.nativeJetStream(), { code: "closed" });
});
