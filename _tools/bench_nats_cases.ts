/**
 * The measurements of `deno task bench nats`, on whichever runtime runs this file. Prints one JSON object.
 *
 * Run it with a server's URL, while `bench_nats_feed.ts` runs too, and with the names of those to run; by default all of them.
 *
 * @module
 */
import { channel, RustStream, subscriber } from "@ruststream/core";
import {
  type Batches,
  type Delivery,
  parseAddress,
  type Subscription,
} from "@ruststream/core/contract";
import {
  jetStream,
  type NativeConnection,
  natsBroker,
  type NatsConnection,
} from "@ruststream/nats";
import { process } from "./bench_kit.ts";
import { clientBench } from "./bench_nats_client.ts";
import {
  bodyOf,
  type Contestant,
  race,
  type Standing,
} from "./bench_nats_kit.ts";

interface Order {
  readonly id: number;
}

const [url = "nats://127.0.0.1:4222", ...wanted] = process.argv.slice(2);
const rounds = 9;
const stream = "BENCH";
const longestRunMs = 60_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ack = Object.freeze({ kind: "ack" } as const);
const broker = natsBroker({ servers: url });
const ours: NatsConnection = await broker.connect();
const { addStream, captureStacks, connectClient, readByClient } =
  await clientBench();
const client: NativeConnection = await connectClient(url);

let sum = 0;
let left = 0;
let finished: () => void = () => {};

/** What handles each message, whoever reads it. */
async function handle(order: Order): Promise<void> {
  sum += order.id;
  await undefined;
  if (--left === 0) finished();
}

/** A contestant that is fed by the other process, and done when all is handled. */
function fed(
  name: string,
  subject: string,
  size: number,
  stored: boolean,
): Contestant {
  return {
    name,
    async run(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      left = count;
      finished = resolve;
      const timer = setTimeout(
        () =>
          reject(
            new TypeError(
              `Cannot measure ${name}: ${left} messages are missing`,
            ),
          ),
        longestRunMs,
      );
      client.publish(
        "bench.feed",
        encoder.encode(JSON.stringify({ subject, count, size, stored })),
      );
      await promise;
      clearTimeout(timer);
    },
  };
}

/** What one writes who reads our source without the service. */
async function readByHand(subscription: Subscription & Batches): Promise<void> {
  const one = async (delivery: Delivery): Promise<void> => {
    await handle(JSON.parse(decoder.decode(delivery.message.body)));
    const settled = delivery.settle(ack);
    if (settled !== undefined) await settled;
  };
  for await (const batch of subscription.batches(256)) {
    for (const delivery of batch) void one(delivery);
  }
}

async function core(size: number): Promise<readonly Standing[]> {
  const subject = (name: string): string => `bench.core.${size}.${name}`;
  client.subscribe(subject("client"), {
    callback: (_error, msg) => void handle(msg.json<Order>()),
  });
  void readByHand(await ours.subscribe(parseAddress(subject("source"))));
  const service = await new RustStream({ title: "bench", version: "0.0.0" })
    .withBroker(broker, (b) =>
      b.include(
        subscriber(
          channel<Order>(subject("service")),
          { concurrency: 64 },
          handle,
        ),
      )).start();
  const standings = await race(rounds, 50_000, [
    fed("callback", subject("client"), size, false),
    fed("source", subject("source"), size, false),
    fed("service", subject("service"), size, false),
  ]);
  await service.stop();
  return standings;
}

async function streamed(size: number): Promise<readonly Standing[]> {
  const subject = (name: string): string => `bench.stream.${size}.${name}`;
  await readByClient(client, stream, subject("client"), async (msg) => {
    await handle(msg.json<Order>());
    msg.ack();
  });
  const source = (name: string) =>
    jetStream(channel<Order>(subject(name)), {
      stream,
      durable: `${name}-${size}`,
    });
  void readByHand(await source("source").open(ours));
  const service = await new RustStream({ title: "bench", version: "0.0.0" })
    .withBroker(
      broker,
      (b) =>
        b.include(subscriber(source("service"), { concurrency: 64 }, handle)),
    )
    .start();
  const standings = await race(rounds, 20_000, [
    fed("for await", subject("client"), size, true),
    fed("source", subject("source"), size, true),
    fed("service", subject("service"), size, true),
  ]);
  await service.stop();
  return standings;
}

/** So many requests, 100 of them at once. */
function asking(name: string, ask: () => Promise<unknown>): Contestant {
  return {
    name,
    async run(count) {
      let open = count;
      const one = async (): Promise<void> => {
        while (open-- > 0) await ask();
      };
      await Promise.all(Array.from({ length: 100 }, one));
    },
  };
}

async function requests(size: number): Promise<readonly Standing[]> {
  const body = bodyOf(size);
  const address = "bench.echo";
  const options = { timeoutMs: 10_000 };
  const theirOptions = { timeout: 10_000 };
  const plain = asking(
    "client",
    () => client.request(address, body, theirOptions),
  );
  const quick = asking(
    "without stacks",
    () => client.request(address, body, theirOptions),
  );
  return await race(rounds, 5_000, [
    {
      name: "client",
      run: (count) => (captureStacks(client, true), plain.run(count)),
    },
    asking("ours", () => ours.publisher.request({ address, body }, options)),
    {
      name: "without stacks",
      run: (count) => (captureStacks(client, false), quick.run(count)),
    },
  ]);
}

async function publishing(size: number): Promise<readonly Standing[]> {
  const body = bodyOf(size);
  const address = `bench.nobody.${size}`;
  const perFlush = 1_000;
  return await race(rounds, 50_000, [{
    name: "client",
    async run(count) {
      for (let sent = 0; sent < count; sent += perFlush) {
        for (let n = 0; n < perFlush; n++) client.publish(address, body);
        await client.flush();
      }
    },
  }, {
    name: "ours, each awaited",
    async run(count) {
      for (let sent = 0; sent < count; sent += perFlush) {
        for (let n = 0; n < perFlush; n++) {
          await ours.publisher.publish({ address, body });
        }
        await ours.nats.flush();
      }
    },
  }]);
}

const cases = { core, streamed, requests, publishing };
const report: Record<string, readonly Standing[]> = {};
await addStream(client, stream, ["bench.stream.>"]);
for (const [name, run] of Object.entries(cases)) {
  for (const size of [128, 512]) {
    const key = `${name}${size}`;
    if (wanted.length > 0 && !wanted.some((each) => key.startsWith(each))) {
      continue;
    }
    report[key] = await run(size);
  }
}
await ours.shutdown();
await client.close();
// deno-lint-ignore no-console -- it is what this file prints
console.log(JSON.stringify({ ...report, sum }));
