import { test } from "@ruststream/conformance/runner";
import { natsBroker } from "@ruststream/nats";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NatsServer } from "../../_tools/nats_server.ts";
import {
  confirmations,
  paid,
  refusals,
  summary,
  wholeDay,
} from "../orders/summary.ts";
import { type Ended, startExample } from "../run_example.ts";

const feed = `orders.acme.placed=${
  fileURLToPath(new URL("../orders/orders.ndjson", import.meta.url))
}`;

/** Runs the shop to its end on a server. */
function runOn({ url }: NatsServer): Promise<Ended> {
  const args = ["run", "--feed", feed, "--exit-when-idle", "--json"];
  return startExample("nats", args, {
    NATS_URL: url,
    // For who starts servers; who connects would refuse it.
    NATS_SERVER: "",
  }).ended;
}

/** How many messages a stream of the server holds. */
async function held(
  { url }: NatsServer,
  streams: readonly string[],
): Promise<readonly number[]> {
  await using connection = await natsBroker({ servers: url }).connect();
  const counts: number[] = [];
  for (const stream of streams) {
    const { nats } = connection;
    const answer = await nats.request(`$JS.API.STREAM.INFO.${stream}`);
    const { state } = answer.json<{ state: { messages: number } }>();
    counts.push(state.messages);
  }
  return counts;
}

test("the shop on JetStream counts what it counts in memory, and its streams hold it", async () => {
  await using server = await NatsServer.start();

  const { code, stdout, stderr } = await runOn(server);

  assert.deepEqual(summary.parse(JSON.parse(stdout)), wholeDay);
  assert.equal(code, 1, stderr);
  assert.deepEqual(
    await held(server, ["ORDERS", "RECEIPTS", "REFUSALS"]),
    // What was confirmed, and a charge of each that was paid; no order waits.
    [0, confirmations + paid, refusals],
  );
});

test("orders that their stream does not take are told, line by line", async () => {
  await using server = await NatsServer.start();
  await using connection = await natsBroker({ servers: server.url }).connect();
  const { manager } = await connection.nativeJetStream();
  await manager.streams.add({
    name: "ORDERS",
    subjects: ["orders.*.placed"],
    retention: "workqueue",
    max_msg_size: 1,
  });

  const { code, stderr } = await runOn(server);

  assert.equal(code, 1);
  assert.match(stderr, /Cannot publish line 1 of .*message size exceeds/);
});
