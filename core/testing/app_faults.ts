/** What may go wrong around an application under test, by its name. */
export type AppFault =
  | "loseAck"
  | "deliverTwice"
  | "reorder"
  | "crash"
  | "crashBeforeSettle"
  | "crashBeforePublish"
  | "disconnect"
  | "refusePublish";

/** Every one of them. */
export const appFaults: readonly AppFault[] = Object.freeze<AppFault[]>([
  "loseAck",
  "deliverTwice",
  "reorder",
  "crash",
  "crashBeforeSettle",
  "crashBeforePublish",
  "disconnect",
  "refusePublish",
]);

/** Options of a fault: which moment it happens at. */
export interface FaultOptions {
  /**
   * How many moments that fit pass before it happens.
   *
   * @default {0}
   */
  readonly after?: number;
}

/** Options of {@linkcode AppFaults.refusePublish}. */
export interface RefusePublishOptions extends FaultOptions {
  /**
   * How many publishes are refused; Infinity until {@linkcode AppFaults.calm}.
   *
   * @default {1}
   */
  readonly times?: number;
}

/** Options of {@linkcode AppFaults.disconnect}. */
export interface DisconnectOptions {
  /**
   * How long, in milliseconds by the clock of the test.
   *
   * @default {1_000}
   */
  readonly forMs?: number;
}

/**
 * Makes things go wrong for an application under test, each for one moment: the next one that fits.
 *
 * What is asked for twice happens twice, one after the other. The test's own connection is another one, and stays whole. Once the application is being stopped, nothing goes wrong any more.
 *
 * @example An ack that is lost, and a crash
 * ```ts
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { testApp } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const receipts = channel<{ id: number }>("receipts");
 * const handle = subscriber(orders, { reply: receipts, group: "shop" }, ({ id }) => ({ id }));
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(handle));
 *
 * await using t = await testApp(app);
 * t.faults.loseAck();
 * await t.publish(orders, { id: 1 });
 * t.subscriber(handle).calledOnce().acked();
 * await t.advance(30_000); // the broker waits no longer
 * t.subscriber(handle).calledTimes(2).acked(2);
 *
 * t.faults.crashBeforeSettle();
 * await t.publish(orders, { id: 2 });
 * t.published(receipts).times(4).with({ id: 2 });
 * ```
 */
export interface AppFaults {
  /**
   * The next ack is lost on its way: the application goes on as if it had arrived, and the delivery comes back when its deadline has passed.
   *
   * @throws {MessagingError} `unsupported`, if no subscription delivers again what was not settled.
   */
  loseAck(options?: FaultOptions): void;
  /**
   * The next delivery comes twice, the second right behind the first. Whichever is settled first settles the message.
   *
   * @throws {MessagingError} `unsupported`, if no subscription delivers again what was not settled.
   */
  deliverTwice(options?: FaultOptions): void;
  /**
   * The next delivery goes astray, and comes back when its deadline has passed: behind all that came meanwhile.
   *
   * @throws {MessagingError} `unsupported`, if no subscription delivers again what was not settled.
   */
  reorder(options?: FaultOptions): void;
  /**
   * The process dies right before the next settlement, as by {@linkcode TestApp.crash}: what the handler did was done.
   *
   * @throws {MessagingError} `unsupported`, if a subscription does not deliver again what was not settled.
   */
  crashBeforeSettle(options?: FaultOptions): void;
  /**
   * The process dies right before its next publish, as by {@linkcode TestApp.crash}.
   *
   * @throws {MessagingError} `unsupported`, if a subscription does not deliver again what was not settled.
   */
  crashBeforePublish(options?: FaultOptions): void;
  /**
   * All connections of the application are lost at once, and are there again later. Meanwhile publishes and settlements reject with `connection`, and nothing is delivered; what was in hand is delivered again where the broker does so.
   *
   * @throws {RangeError} If `forMs` is not a finite number of at least 0.
   */
  disconnect(options?: DisconnectOptions): void;
  /**
   * The next publish of the application, of whatever kind, rejects with `overloaded`, and does not go out.
   *
   * @throws {RangeError} If `times` is not a whole number of at least 1, or Infinity.
   */
  refusePublish(options?: RefusePublishOptions): void;
  /** Takes back what has not happened yet, and what goes wrong by a seed; a lost connection is there again. */
  calm(): void;
}
