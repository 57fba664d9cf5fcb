import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { VirtualClock } from "@ruststream/core/testing";
import { natsBroker } from "../nats_broker.ts";
import { sessionOf } from "../session_of.ts";
import { jetStream } from "./jet_stream.ts";
import { Live, orders } from "./_kit_test.ts";

test('ensure: "update" makes several filters of one, and one of several', async () => {
  const broker = await natsBroker().inProcess();
  await using connection = await broker.connect({ clock: new VirtualClock() });
  const found: unknown[] = [];

  for (
    const filters of [["orders.1"], ["orders.1", "orders.2"], ["orders.2"]]
  ) {
    await jetStream(orders, {
      stream: { name: "ORDERS", subjects: ["orders.>"] },
      durable: "billing",
      ensure: "update",
      filters,
    }).open(connection);
    const msg = await sessionOf(connection).ask(
      "$JS.API.CONSUMER.INFO.ORDERS.billing",
      new Uint8Array(),
      { timeoutMs: 1_000 },
    );
    const { config } = msg.json<{ readonly config: Record<string, unknown> }>();
    found.push([config["filter_subject"], config["filter_subjects"]]);
  }

  assert.deepEqual(found, [
    ["orders.1", undefined],
    [undefined, ["orders.1", "orders.2"]],
    ["orders.2", undefined],
  ]);
});

test("a consumer is made though the server trips over its own files", async () => {
  await using live = await Live.start({ jetStream: false });
  const connection = await live.connect();
  const { nats } = await live.direct();
  const config = {
    name: "billing",
    durable_name: "billing",
    filter_subject: "orders.*",
    ack_policy: "explicit",
    deliver_policy: "all",
  };
  const none = { error: { code: 404, err_code: 10014, description: "none" } };
  const trip = (description: string, err_code = 10012) => ({
    error: { code: 500, err_code, description },
  });
  const answers: Record<string, readonly object[]> = {
    "STREAM.INFO.ORDERS": [{
      created: "2026-03-02T00:00:00Z",
      config: { name: "ORDERS", subjects: ["orders.*"] },
    }],
    "CONSUMER.INFO.ORDERS.billing": [none],
    "CONSUMER.CREATE.ORDERS.billing.orders.*": [
      trip("open consumer/meta.inf.tmp: no such file or directory"),
      trip("consumer does not exist", 10149),
      { created: "2026-03-02T00:00:00Z", config },
    ],
  };
  const asked: string[] = [];
  nats.subscribe("$JS.API.>", {
    callback: (_, msg) => {
      const verb = msg.subject.slice("$JS.API.".length);
      const times = asked.filter((one) => one === verb).length;
      asked.push(verb);
      const said = answers[verb] ?? [trip("not asked for in this test", 400)];
      msg.respond(JSON.stringify(said[Math.min(times, said.length - 1)]));
    },
  });
  await nats.flush();

  const { consumer } = await jetStream(orders, {
    stream: "ORDERS",
    durable: "billing",
  }).open(connection);

  assert.equal(consumer, "billing");
});

test("a change that a consumer cannot take is refused at once", async () => {
  const broker = await natsBroker().inProcess();
  await using connection = await broker.connect({ clock: new VirtualClock() });
  const open = (deliver: "all" | "new") =>
    jetStream(orders, {
      stream: { name: "ORDERS", subjects: ["orders.>"] },
      durable: "billing",
      ensure: "update",
      deliver,
    }).open(connection);
  await open("all");

  await assert.rejects(open("new"), {
    code: "refused",
    message: /"billing".*can not be updated$/,
  });
});
