import assert from "node:assert/strict";
import process from "node:process";
import { test } from "@ruststream/conformance/runner";
import { isMessagingError } from "@ruststream/core/contract";
import { jetStream, type JetStreamOptions } from "./jet_stream.ts";
import { Live, order, orders, textOf } from "./_kit_test.ts";
import { jetStreamSink } from "./sink.ts";

// What is promised is tried in full on one runtime: all three share the minutes of a check.
const messages = "Deno" in globalThis ? 20_000 : 6_000;
const cuts = 20;
const signals = [
  "SIGKILL",
  "SIGTERM",
  "SIGKILL",
  "SIGTERM",
  "SIGKILL",
] as const;
const stream = { name: "ORDERS", subjects: ["orders.>"] } as const;

interface Outcome {
  /** How often each message was handled. */
  readonly handled: ReadonlyMap<string, number>;
  /** How many the stream holds. */
  readonly stored: number;
  /** How often a connection was lost. */
  readonly lost: number;
  /** Settlements that were refused: what they were for comes again. */
  readonly refused: number;
}

/** Lets each fault come when so much more was handled. */
function faultsOf(live: Live): (handled: number) => Promise<void> {
  const faults = [
    ...Array.from({ length: cuts }, () => () => live.proxy.cut()),
    ...signals.map((signal) => () => live.server.restart(signal)),
    // Cuts and restarts in turn: every fifth is a restart.
  ].map((run, i) => ({ run, at: i < cuts ? i * 1.25 + 0.5 : (i - cuts) * 5 }))
    .sort((a, b) => a.at - b.at);
  const step = messages / (faults.length + 1);
  let next = 0;
  let running = Promise.resolve();
  return (handled) => {
    const fault = faults[next];
    if (fault !== undefined && handled >= step * (next + 1)) {
      next++;
      running = running.then(async () => void await fault.run());
    }
    return running;
  };
}

async function run(
  options: Partial<JetStreamOptions>,
  withFaults: boolean,
): Promise<Outcome> {
  await using live = await Live.start();
  const publisher = await jetStreamSink({
    stream,
    retries: 50,
    maxInFlight: 256,
  })
    .open(await live.connect());
  const source = jetStream(orders, {
    stream,
    durable: "billing",
    ackWaitMs: 2_000,
    ...options,
  });
  const subscription = await source.open(await live.connect());
  const fault = withFaults ? faultsOf(live) : () => Promise.resolve();

  const publishing = Promise.all(
    Array.from(
      { length: messages },
      (_, i) => publisher.publish(order(i), { id: `order-${i}` }),
    ),
  );
  const handled = new Map<string, number>();
  let refused = 0;
  const settling: Promise<void>[] = [];
  let faults = Promise.resolve();
  for await (const batch of subscription.batches(64)) {
    for (const delivery of batch) {
      const id = textOf(delivery);
      handled.set(id, (handled.get(id) ?? 0) + 1);
      const settled = delivery.settle({ kind: "ack" });
      if (settled !== undefined) {
        settling.push(
          Promise.resolve(settled).catch((error) => {
            assert.ok(isMessagingError(error), String(error));
            refused++;
          }),
        );
      }
    }
    faults = fault(handled.size);
    if (handled.size >= messages) break;
  }
  await publishing;
  await Promise.all(settling);
  await faults;
  const info = await live.api("STREAM.INFO.ORDERS");
  const { messages: stored } = info["state"] as { messages: number };
  const lost = live.events.filter(({ kind }) => kind === "disconnected").length;
  return { handled, stored, lost, refused };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function duplicates({ handled }: Outcome): number {
  return [...handled.values()].filter((times) => times > 1).length;
}

test(
  "nothing is lost, and nothing comes twice, while nothing fails",
  async () => {
    const outcome = await run({}, false);

    assert.equal(outcome.handled.size, messages);
    assert.equal(duplicates(outcome), 0);
    assert.equal(outcome.stored, messages);
  },
  { timeoutMs: 120_000 },
);

test(
  "nothing is lost while the server is killed and connections are cut",
  async () => {
    const outcome = await run({}, true);

    assert.equal(outcome.handled.size, messages);
    assert.equal(outcome.stored, messages);
    say(`  handled twice or more: ${duplicates(outcome)}`);
  },
  { timeoutMs: 120_000 },
);

test(
  "nothing is lost, nor stored twice, with confirmed settlements",
  async () => {
    const outcome = await run({ settle: "confirmed" }, true);

    assert.equal(outcome.handled.size, messages);
    assert.equal(outcome.stored, messages);
    say(
      `  handled twice or more: ${
        duplicates(outcome)
      }, settlements refused: ${outcome.refused}`,
    );
  },
  { timeoutMs: 120_000 },
);
