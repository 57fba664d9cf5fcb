import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { jetStream } from "./jet_stream.ts";
import { Live, orders } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";
import type { StreamOptions } from "./stream_options.ts";

const stream = {
  name: "ORDERS",
  subjects: ["orders.>"],
  retention: "workqueue",
} as const;

test("a stream whose subjects are another's is refused, and both are named", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  await jetStreamSink({ stream }).open(connection);
  const other = { name: "OTHER", subjects: ["prices", "orders.*"] };

  await assert.rejects(jetStreamSink({ stream: other }).open(connection), {
    code: "refused",
    message:
      'Cannot declare stream "OTHER": subjects overlap with an existing stream: "ORDERS"',
  });
});

test("a second consumer of the same messages of a work queue is refused, and both are named", async () => {
  await using live = await Live.start();
  const connection = await live.connect();
  const open = (durable: string) =>
    jetStream(orders, { stream, durable }).open(connection);
  await open("billing");

  await assert.rejects(open("audit"), {
    code: "refused",
    message:
      /^Cannot declare consumer "audit" of stream "ORDERS": .*: "billing"$/,
  });
});

test("a setting of a stream that nobody knows is refused", async () => {
  await using live = await Live.start();
  const odd = { ...stream, maxAge: 5 } as StreamOptions;

  await assert.rejects(
    jetStreamSink({ stream: odd }).open(await live.connect()),
    new TypeError(
      'Cannot declare stream "ORDERS": there is no option "maxAge"',
    ),
  );
});
