import { test } from "@ruststream/conformance/runner";
import {
  type Guarantees,
  isMessagingError,
  type Seekable,
  type Source,
  type SubscribeOptions,
  type Subscription,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { startAt, subscriber } from "../subscriber.ts";
import { FakeBroker, strong } from "./_kit_test.ts";

const orders = channel<{ id: number }>("orders");

/** A source as a class may make one: its fields are on the prototype. */
class Log
  implements Source<unknown, typeof orders, Subscription & Seekable<number>> {
  readonly log: string[] = [];
  readonly #fail: boolean;

  constructor(fail = false) {
    this.#fail = fail;
  }

  get channel(): typeof orders {
    return orders;
  }

  get guarantees(): Guarantees {
    return strong;
  }

  async open(
    _connection: unknown,
    _options?: SubscribeOptions,
  ): Promise<Subscription & Seekable<number>> {
    const connection = await new FakeBroker({}, this.log).connect();
    const subscription = await connection.subscribe({
      template: "orders",
      tokens: [],
    });
    return Object.assign(subscription, {
      seek: (position: number, options?: { signal?: AbortSignal }) => {
        this.log.push(`seek ${position} ${options?.signal?.aborted}`);
        return this.#fail
          ? Promise.reject(new Error("boom"))
          : Promise.resolve();
      },
    });
  }
}

test("startAt() keeps the channel and the guarantees of a source, and seeks when it is opened", async () => {
  const source = new Log();
  const at = startAt(source, 7);
  const { signal } = new AbortController();

  await at.open(undefined, { signal });

  assert.equal(at.channel, orders);
  assert.equal(at.guarantees, strong);
  assert.equal("bindings" in at, false);
  assert.deepEqual(source.log.slice(1), ["subscribe orders", "seek 7 false"]);
  assert.equal(subscriber(at, () => {}).name, "orders");
});

test("startAt() disposes of a subscription that cannot seek there", async () => {
  const source = new Log(true);

  await assert.rejects(startAt(source, 7).open(undefined), /^Error: boom$/);

  assert.equal(source.log.at(-1), "dispose orders");
});

test("startAt() of a source that cannot seek is unsupported", async () => {
  const { live } = await connected();
  const source = {
    channel: orders,
    guarantees: strong,
    open: () => live.subscribe({ template: "orders", tokens: [] }),
  } as unknown as Log;

  await assert.rejects(
    startAt(source, 7).open(undefined),
    (error) =>
      isMessagingError(error, "unsupported") &&
      error.message ===
        'Cannot read "orders" from a position: its subscription has no "seek"',
  );
  assert.equal(live.subscriptions[0]?.disposed, 1);
});

async function connected(): Promise<FakeBroker> {
  const broker = new FakeBroker();
  await broker.connect();
  return broker;
}
