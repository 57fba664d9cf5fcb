// An application that fails where a test says so; there is no test in it.
import { VirtualClock } from "@ruststream/core/testing";
import { channel } from "../channel.ts";
import { out } from "../publish/out.ts";
import { subscriber } from "../subscriber.ts";
import { FakeBroker, type FakeOptions, info, Notices } from "./_kit_test.ts";
import { RustStream } from "./ruststream.ts";

const orders = channel<{ id: number }>("orders");
const refunds = channel<{ id: number }>("refunds");

/** An application of two brokers and two subscribers, whose steps fail as they are told to. */
export class Broken {
  readonly log: string[] = [];
  readonly notices: Notices = new Notices();
  readonly clock: VirtualClock = new VirtualClock();
  readonly one: FakeBroker;
  readonly two: FakeBroker;
  readonly app: RustStream<{ name: string }>;

  constructor(
    options: {
      readonly state?: () => unknown;
      readonly one?: FakeOptions;
      readonly two?: FakeOptions;
      readonly sink?: () => unknown;
      readonly afterStart?: () => unknown;
      readonly teardown?: () => Promise<void>;
    } = {},
  ) {
    const { log } = this;
    this.one = new FakeBroker({ name: "one", ...options.one }, log);
    this.two = new FakeBroker({ name: "two", ...options.two }, log);
    const handle = subscriber(
      refunds,
      { out: { audit: out(channel<string>("audit")) } },
      () => {},
    );
    this.app = new RustStream(info)
      .observe(this.notices)
      .withState(async (stack) => {
        stack.defer(async () => {
          log.push("state gone");
          await options.teardown?.();
        });
        await options.state?.();
        return { name: "db" };
      })
      .withBroker(this.one, (b) => b.include(subscriber(orders, () => {})))
      .withBroker(this.two, (b) =>
        b.include(handle, {
          out: {
            audit: {
              async open({ publisher }) {
                await options.sink?.();
                return publisher;
              },
            },
          },
        }))
      .afterStart(async () => {
        await options.afterStart?.();
      });
  }

  /** What is open, and what time is waited for. */
  get left(): readonly unknown[] {
    return [...this.one.open, ...this.two.open, this.clock.pending];
  }
}
