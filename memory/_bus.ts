import type { AddressPattern } from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import { Parking } from "./_parking.ts";
import { Queue } from "./_queue.ts";
import { Router } from "./_router.ts";
import type { Settings } from "./_settings.ts";

/** Who waits for a reply. */
export interface Asker {
  answer(letter: Letter): void;
}

/** All messages and queues of one broker; its connections are only ways to them. */
export class Bus {
  readonly settings: Settings;
  readonly router: Router<Queue> = new Router<Queue>();
  readonly parking: Parking = new Parking((letter, queues) =>
    this.#store(letter, queues)
  );
  /** Open requests by their reply address. */
  readonly askers: Map<string, Asker> = new Map<string, Asker>();
  readonly #groups = new Map<string, Queue>();
  readonly #onRoom = (queue: Queue): void => this.parking.admit(queue);
  #sequence = 0;
  #connections = 0;

  constructor(settings: Settings) {
    this.settings = settings;
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

  /** Puts a message into all of these queues, or into none if one of them has no room. */
  put(letter: Letter, queues: readonly Queue[]): boolean {
    for (const queue of queues) if (queue.crowded || queue.full) return false;
    this.#store(letter, queues);
    return true;
  }

  #store(letter: Letter, queues: readonly Queue[]): void {
    letter.sequence = ++this.#sequence;
    for (const queue of queues) queue.put(letter);
  }
}
