// Services of one subscriber on a fake broker; there is no test in it.
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { channel } from "../channel.ts";
import { subscriber } from "../subscriber.ts";
import {
  FakeBroker,
  type FakeOptions,
  type FakeSubscription,
  info,
  Notices,
  settleDown,
} from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";
import type { BrokerOptions, Running, StartOptions } from "./types.ts";

const orders = channel<{ id: number }>("orders");

/** What {@linkcode run} gives. */
export interface Service {
  readonly clock: VirtualClock;
  readonly notices: Notices;
  readonly broker: FakeBroker;
  readonly running: Running;
  readonly subscription: FakeSubscription;
}

/** A running application of one fake broker and one handler. */
export async function run(
  handle: (order: { id: number }, signal: AbortSignal) => unknown,
  options: FakeOptions = {},
  start: StartOptions = {},
): Promise<Service> {
  const clock = new VirtualClock();
  const notices = new Notices();
  const broker = new FakeBroker(options);
  const app = new RustStream(info).observe(notices).withBroker(
    broker,
    (b) =>
      b.include(
        subscriber(
          orders,
          async (order, { signal }) => void await handle(order, signal),
        ),
      ),
  );
  const running = await app.start({ clock, ...start });
  await settleDown();
  const [subscription] = broker.live.subscriptions;
  assert.ok(subscription);
  return { clock, notices, broker, running, subscription };
}

/** An application of one subscriber on a broker that gives trouble. */
export class Trouble {
  readonly clock: VirtualClock = new VirtualClock();
  readonly notices: Notices = new Notices();
  readonly log: string[] = [];
  readonly broker: FakeBroker;
  readonly app: RustStream;

  constructor(
    handle: () => unknown = () => {},
    options: FakeOptions = {},
    settings: BrokerOptions = {},
  ) {
    this.broker = new FakeBroker(options, this.log);
    this.app = new RustStream(info).observe(this.notices).withBroker(
      this.broker,
      (b) => b.include(subscriber(orders, async () => void await handle())),
      settings,
    );
  }

  /** The latest subscription. */
  get subscription(): FakeSubscription {
    const subscription = this.broker.live.subscriptions.at(-1);
    assert.ok(subscription);
    return subscription;
  }

  async start(): Promise<Running> {
    const running = await this.app.start({ clock: this.clock });
    await settleDown();
    return running;
  }
}
