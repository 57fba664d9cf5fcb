import { isPromiseLike } from "../contract/awaitable.ts";
import type { Delivery, Settlement } from "../contract/delivery.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Batches, Subscription } from "../contract/subscription.ts";
import type { FaultLine } from "./_fault_line.ts";
import { never } from "./faulty_method.ts";
import { replaced } from "./faulty_replace.ts";
import type { ProcessClock } from "./_process_clock.ts";

type Reader = ReadableStreamDefaultReader<unknown>;
type Chunk = ReadableStreamReadResult<unknown>;

/** A message as the broker has it, however often it was delivered at once. */
interface Lease {
  readonly delivery: Delivery;
  readonly address: string;
  isSettled: boolean;
  isLost: boolean;
  forget: () => void;
}

/** What an application under test reads by: what goes wrong with its deliveries goes wrong here. */
class FaultReader {
  readonly #reader: Reader;
  readonly #line: FaultLine;
  readonly #process: ProcessClock;
  readonly #guarantees: Guarantees;
  /** The most in one chunk; undefined where a chunk is one delivery. */
  readonly #max: number | undefined;
  #kept: Delivery[] = [];

  constructor(
    reader: Reader,
    line: FaultLine,
    process: ProcessClock,
    guarantees: Guarantees,
    max: number | undefined,
  ) {
    this.#reader = reader;
    this.#line = line;
    this.#process = process;
    this.#guarantees = guarantees;
    this.#max = max;
  }

  read(): Promise<Chunk> {
    if (this.#kept.length > 0) return Promise.resolve(this.#give());
    return this.#reader.read().then((read) => this.#taken(read));
  }

  /** Not asynchronous where nothing goes wrong: what is read is read when the broker gives it. */
  #taken(read: Chunk): Chunk | Promise<Chunk> {
    const { done, value } = read;
    if (!this.#line.isUp) return this.#line.up.then(() => this.#taken(read));
    if (this.#process.dead) return never();
    if (done) return read;
    const chunk = this.#max === undefined ? [value] : value;
    for (const delivery of chunk as readonly Delivery[]) {
      this.#kept.push(...this.#pass(delivery));
    }
    if (this.#process.dead) return never();
    return this.#kept.length > 0 ? this.#give() : this.read();
  }

  cancel(reason?: unknown): Promise<void> {
    if (this.#process.dead) return never();
    for (const delivery of this.#kept.splice(0)) {
      Promise.resolve(delivery.settle({ kind: "release" })).catch(() => {});
    }
    return this.#reader.cancel(reason);
  }

  #give(): Chunk {
    if (this.#max === undefined) {
      return { done: false, value: this.#kept.shift() };
    }
    return { done: false, value: this.#kept.splice(0, this.#max) };
  }

  /** What comes of one delivery: itself, twice, or not yet. */
  #pass(delivery: Delivery): readonly Delivery[] {
    const { address } = delivery.message;
    const to = { address, guarantees: this.#guarantees };
    const line = this.#line;
    if (this.#process.dead) return [];
    line.taking(to);
    if (line.strikes("reorder", to)) return [];
    const lease = this.#lease(delivery, address);
    const first = this.#leased(lease);
    return line.strikes("deliverTwice", to)
      ? [first, this.#leased(lease)]
      : [first];
  }

  #lease(delivery: Delivery, address: string): Lease {
    const lease: Lease = {
      delivery,
      address,
      isSettled: false,
      isLost: false,
      forget: this.#line.onLoss(() => {
        // Elsewhere it stays in hand: nobody would deliver it again.
        if (this.#guarantees.redelivery !== "until-settled") return;
        lease.isLost = true;
        Promise.resolve(delivery.settle({ kind: "release" })).catch(() => {});
      }),
    };
    return lease;
  }

  #leased(lease: Lease): Delivery {
    const { delivery } = lease;
    return replaced(delivery, {
      settle: (settlement: Settlement) => this.#settle(lease, settlement),
      ...(delivery.extend === undefined
        ? {}
        : { extend: () => this.#extend(lease) }),
    });
  }

  #settle(lease: Lease, settlement: Settlement): unknown {
    const { delivery, address } = lease;
    const line = this.#line;
    if (this.#process.dead) return never();
    // Of a message that came twice, the other one was settled.
    if (lease.isSettled) return undefined;
    const to = { address, guarantees: this.#guarantees };
    if (line.strikes("crashBeforeSettle", to)) {
      line.kill();
      return never();
    }
    if (lease.isLost || !line.isUp) return Promise.reject(lostError(lease));
    lease.isSettled = true;
    lease.forget();
    if (settlement.kind === "ack" && line.strikes("loseAck", to)) {
      return undefined;
    }
    const settled = delivery.settle(settlement);
    if (!isPromiseLike<void>(settled)) return settled;
    return settled.then(undefined, (refusal) => {
      lease.isSettled = false;
      throw refusal;
    });
  }

  #extend({ isLost, isSettled, delivery }: Lease): boolean {
    if (this.#process.dead || isSettled) return true;
    return !isLost && (delivery.extend?.() ?? true);
  }
}

function lostError({ address, isLost }: Lease): MessagingError {
  return new MessagingError(
    isLost ? "refused" : "connection",
    `Cannot settle a delivery of "${address}": ${
      isLost ? "it went with its connection" : "the connection is lost"
    }`,
  );
}

/** A subscription that what the test says goes wrong with. */
export function breakable<S extends Subscription>(
  line: FaultLine,
  process: ProcessClock,
  subscription: S,
): S {
  const { guarantees } = subscription;
  const stream = <T extends object>(of: ReadableStream<T>, max?: number) =>
    replaced(of, {
      getReader: () => {
        const reader = of.getReader() as Reader;
        const broken = new FaultReader(reader, line, process, guarantees, max);
        return replaced(reader, {
          read: () => broken.read(),
          cancel: (reason?: unknown) => broken.cancel(reason),
        });
      },
    });
  const { batches } = subscription as Subscription & Partial<Batches>;
  return replaced(subscription, {
    deliveries: stream(subscription.deliveries),
    ...(batches && {
      batches: (max: number) => stream(batches.call(subscription, max), max),
    }),
  });
}
