import {
  type AddressPattern,
  checkAddress,
  onAbort,
} from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import { Parcel } from "./_parcel.ts";
import { ParkedPublish, Parking } from "./_parking.ts";
import { Planner } from "./_planner.ts";
import { Queue } from "./_queue.ts";
import { type Asker, isReplyAddress } from "./_requests.ts";
import { RetainedLog } from "./_retained.ts";
import { Router } from "./_router.ts";
import type { Session } from "./_session.ts";
import type { Settings } from "./_settings.ts";

// Where replies go: to an open request, or to nobody.
const nobody: readonly Queue[] = Object.freeze([]);

/** All messages and queues of one broker; its connections are only ways to them. */
export class Bus {
  readonly settings: Settings;
  readonly router: Router<Queue> = new Router<Queue>();
  readonly parking: Parking = new Parking((parcel) => this.#storeAll(parcel));
  readonly planner: Planner = new Planner((letter, done) =>
    this.#publishPlanned(letter, done)
  );
  /** What was published, where it is kept. */
  readonly retained: RetainedLog | undefined;
  /** Open requests by their reply address. */
  readonly askers: Map<string, Asker> = new Map<string, Asker>();
  readonly #groups = new Map<string, Queue>();
  readonly #onRoom = (queue: Queue): void => this.parking.admit(queue);
  #sequence = 0;
  #connections = 0;

  constructor(settings: Settings) {
    this.settings = settings;
    this.retained = settings.retain && new RetainedLog(settings.retain);
  }

  /** A number that no other connection has. */
  number(): number {
    return ++this.#connections;
  }

  /** Makes the queue of one ungrouped subscription. */
  open(pattern: AddressPattern): Queue {
    const { capacity } = this.settings;
    const queue = new Queue({ capacity, onRoom: this.#onRoom });
    this.router.add(pattern, queue);
    return queue;
  }

  /** Ends the queue of one ungrouped subscription. */
  close(pattern: AddressPattern, queue: Queue): void {
    this.router.remove(pattern, queue);
    queue.end();
    this.parking.release(queue);
  }

  /** Finds the queue of a group, or makes it; it stays. */
  group(pattern: AddressPattern, group: string): Queue {
    // No template holds a NUL, so no two groups share a key.
    const key = `${pattern.template}\0${group}`;
    const found = this.#groups.get(key);
    if (found !== undefined) return found;
    const { capacity, settleDeadlineMs } = this.settings;
    const queue = new Queue({
      capacity,
      settleDeadlineMs,
      onRoom: this.#onRoom,
    });
    this.#groups.set(key, queue);
    this.router.add(pattern, queue);
    return queue;
  }

  /**
   * Where a message to an address goes now.
   *
   * @throws {TypeError} If the address is not lawful, or has a parameter left.
   */
  route(address: string): readonly Queue[] {
    if (!isReplyAddress(address)) return this.router.find(address);
    checkAddress(address);
    return nobody;
  }

  /** Puts a message into all of these queues, or into none if one of them has no room. */
  put(letter: Letter, queues: readonly Queue[]): boolean {
    for (const queue of queues) if (queue.crowded || queue.full) return false;
    this.#store(letter, queues);
    return true;
  }

  /** Puts all of these messages in, and nothing between them; or none. */
  putAll(parcel: Parcel): boolean {
    for (const queue of parcel.needs.keys()) if (queue.crowded) return false;
    if (!parcel.fits) return false;
    this.#storeAll(parcel);
    return true;
  }

  /** Lets messages of a connection wait in line for room. The signal is not aborted yet. */
  park(parcel: Parcel, session: Session, signal?: AbortSignal): ParkedPublish {
    const { waits } = session;
    const parked = new ParkedPublish({
      parcel,
      parking: this.parking,
      onEnd: () => {
        waits.remove(parked);
        forget();
      },
    });
    waits.add(parked, this.settings.publishTimeoutMs);
    const forget = onAbort(signal, (reason) => parked.end(reason));
    this.parking.park(parked);
    return parked;
  }

  // Whoever scheduled it was told that it is kept: it waits for room as long as that takes.
  #publishPlanned(letter: Letter, done: () => void): void {
    const queues = this.route(letter.message.address);
    if (this.put(letter, queues)) return done();
    const parcel = Parcel.of(letter, queues);
    const { parking } = this;
    parking.park(new ParkedPublish({ parcel, parking, onEnd: done }));
  }

  #storeAll({ lots }: Parcel): void {
    for (const { letter, queues } of lots) this.#store(letter, queues);
  }

  #store(letter: Letter, queues: readonly Queue[]): void {
    if (queues === nobody) {
      return this.askers.get(letter.message.address)?.answer(letter);
    }
    letter.sequence = ++this.#sequence;
    this.retained?.add(letter);
    for (const queue of queues) if (!queue.ended) queue.put(letter);
  }
}
