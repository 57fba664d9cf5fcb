import { test } from "@ruststream/conformance/runner";
import { natsBroker } from "@ruststream/nats";
import assert from "node:assert/strict";
import { NatsServer } from "../../_tools/nats_server.ts";
import { eventsOf, inProcess, shopTests } from "../orders/shop_tests.ts";
import { app } from "./app.ts";

const onNats = inProcess(app);

shopTests({
  name: "on NATS in process",
  isLive: false,
  open: () => Promise.resolve(onNats),
});

shopTests({
  name: "on NATS, live",
  isLive: true,
  async open() {
    const server = await NatsServer.start();
    return {
      app,
      // The application's own broker is where the environment says; each test has a server of its own.
      options: {
        live: true,
        // A day is long on a machine that has much else to do.
        withinMs: 60_000,
        brokers: { nats: natsBroker({ servers: server.url }) },
      },
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
});

test("on NATS in process the same seed gives the same events in the same order", async () => {
  const events = await eventsOf(onNats);
  const again = await eventsOf(onNats);

  assert.match(events, /W-13/);
  assert.equal(again, events);
});
