import {
  type Clock,
  type Message,
  MessagingError,
  type RequestManyOptions,
} from "@ruststream/core/contract";
import type { Letter } from "./_delivery.ts";
import type { ParkedPublish } from "./_parking.ts";
import type { Asker } from "./_requests.ts";
import type { Session } from "./_session.ts";
import type { Wait, Waits } from "./_waits.ts";

/**
 * A request whose replies may still come.
 *
 * It ends once, by: as many replies as were wanted, a stall, or its time when a reply has come (closes); its time when none has (`timeout`), its
 * signal (its reason), the connection's shutdown (`closed`), or its publish that waited for room and failed (errors); or a cancel.
 */
export class OpenReplies implements Asker, Wait {
  readonly stream: ReadableStream<Message>;
  due = 0;
  slot = -1;
  readonly deed: string;
  readonly #waits: Waits;
  readonly #clock: Clock;
  readonly #options: RequestManyOptions;
  readonly #onEnd: () => void;
  readonly #endsAt: number;
  #controller!: ReadableStreamDefaultController<Message>;
  #parked: ParkedPublish | undefined;
  #count = 0;
  #late: Error | undefined;
  #done = false;

  constructor(
    address: string,
    { waits, clock }: Session,
    options: RequestManyOptions,
    onEnd: () => void,
  ) {
    this.deed = `request "${address}"`;
    this.#waits = waits;
    this.#clock = clock;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#endsAt = clock.now() + options.timeoutMs;
    this.stream = new ReadableStream<Message>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: (reason) => {
        this.#stop();
        this.#parked?.end(reason);
      },
    });
    waits.add(this, options.timeoutMs);
  }

  /** Ends with its publish, if that fails; and takes it back, if the replies end first. */
  waitFor(parked: ParkedPublish): void {
    this.#parked = parked;
    parked.promise.catch((reason) => this.end(reason));
  }

  answer({ message }: Letter): void {
    if (this.#done) return;
    const { maxReplies = Infinity, stallMs } = this.#options;
    this.#controller.enqueue(message);
    if (++this.#count >= maxReplies) return this.#close();
    if (stallMs === undefined) return;
    this.#waits.remove(this);
    this.#waits.add(this, Math.min(stallMs, this.#endsAt - this.#clock.now()));
  }

  end(reason: unknown): void {
    if (this.#done) return;
    if (reason === this.#late && this.#count > 0) return this.#close();
    this.#stop();
    this.#controller.error(reason);
    this.#parked?.end(reason);
  }

  late(): Error {
    this.#late = new MessagingError(
      "timeout",
      `Cannot ${this.deed}: no reply came in time`,
    );
    return this.#late;
  }

  #close(): void {
    this.#stop();
    this.#controller.close();
  }

  #stop(): void {
    if (this.#done) return;
    this.#done = true;
    this.#waits.remove(this);
    this.#onEnd();
  }
}
