// What the tests of this module share; there is no test in it.
import {
  type BrokerEvent,
  isMessagingError,
  type Message,
  parseAddress,
  type SubscribeOptions,
  systemClock,
} from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import {
  MemoryBroker,
  type MemoryBrokerOptions,
  type MemoryConnection,
  type MemoryDelivery,
  type MemoryLogStart,
  type MemoryLogSubscription,
  type MemorySubscription,
} from "./mod.ts";

/** A broker on a virtual clock, with one connection to it; further ones are shut down with it. */
export class Kit implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly events: BrokerEvent[] = [];
  readonly broker: MemoryBroker;
  readonly #connections: MemoryConnection[] = [];

  constructor(options?: MemoryBrokerOptions) {
    this.broker = new MemoryBroker(options);
  }

  async connect(): Promise<MemoryConnection> {
    const connection = await this.broker.connect({
      clock: this.clock,
      report: (event) => this.events.push(event),
    });
    this.#connections.push(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.shutdown();
    assert.equal(this.clock.pending, 0, "a timer was left behind");
  }
}

/** A message with a text for its body. */
export function text(address: string, body = "x"): Message {
  return { address, body: new TextEncoder().encode(body) };
}

/** The body of a message or a delivery, as text. */
export function read(of: Message | MemoryDelivery | undefined): string {
  const message = of !== undefined && "message" in of ? of.message : of;
  assert.ok(message !== undefined, "there is no message");
  return new TextDecoder().decode(message.body);
}

/** Reads deliveries one by one. */
export class Tap {
  readonly subscription: MemorySubscription;
  readonly reader: ReadableStreamDefaultReader<MemoryDelivery>;

  constructor(subscription: MemorySubscription) {
    this.subscription = subscription;
    this.reader = subscription.deliveries.getReader();
  }

  async next(): Promise<MemoryDelivery> {
    const { value } = await this.reader.read();
    assert.ok(value !== undefined, "the stream has ended");
    return value;
  }

  async take(count: number): Promise<MemoryDelivery[]> {
    const taken: MemoryDelivery[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }
}

/** Subscribes by a template. */
export function on(
  connection: MemoryConnection,
  template: string,
  options?: SubscribeOptions,
): Promise<MemorySubscription> {
  return connection.subscribe(parseAddress(template), options);
}

/** Subscribes and takes the deliveries. */
export async function tap(
  connection: MemoryConnection,
  template: string,
  options?: SubscribeOptions,
): Promise<Tap> {
  return new Tap(await on(connection, template, options));
}

/** Publishes to "a". */
export async function publish(
  { publisher }: MemoryConnection,
  ...bodies: readonly string[]
): Promise<void> {
  for (const body of bodies) await publisher.publish(text("a", body));
}

/** Reads a log one by one. */
export class LogTap extends Tap {
  readonly log: MemoryLogSubscription;

  constructor(log: MemoryLogSubscription) {
    super(log);
    this.log = log;
  }
}

/** Opens a log by a template. */
export async function logTap(
  connection: MemoryConnection,
  from?: MemoryLogStart,
  address = "a",
): Promise<LogTap> {
  const options = from === undefined ? {} : { from };
  return new LogTap(
    await connection.readLog(parseAddress(address), options),
  );
}

/** Fails unless it rejects with that code; what throws synchronously fails too. */
export async function rejectsWith(code: string, value: unknown): Promise<void> {
  await assert.rejects(
    Promise.resolve(value),
    (error) => isMessagingError(error) && error.code === code,
    `it did not reject with ${code}`,
  );
}

/** Whether a promise is still open after a turn of the event loop. */
export async function waits(promise: unknown): Promise<boolean> {
  const over = Promise.resolve(promise).then(() => false, () => false);
  return await Promise.race([over, systemClock.turn().then(() => true)]);
}
