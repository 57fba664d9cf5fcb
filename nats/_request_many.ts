import {
  checkRequestMany,
  type Message,
  MessagingError,
  onAbort,
  type RequestManyOptions,
} from "@ruststream/core/contract";
import type { Msg } from "@nats-io/nats-core";
import { type Asker, nobodyListens, noResponder } from "./_mux.ts";
import { lostError } from "./nats_error.ts";
import type { Session } from "./session.ts";
import { replyOf } from "./_reply.ts";

/** A request that waits for many replies. Ends by enough of them, a stall, its time, its signal, a cancel, or the connection's end. */
class ManyReplies implements Asker {
  readonly subject: string;
  readonly deed: string;
  readonly outlives = false;
  readonly #session: Session;
  readonly #options: RequestManyOptions;
  readonly #controller: ReadableStreamDefaultController<Message>;
  #leave: (() => void)[] = [];
  #stall: () => void = () => {};
  #count = 0;

  constructor(
    session: Session,
    subject: string,
    options: RequestManyOptions,
    controller: ReadableStreamDefaultController<Message>,
  ) {
    this.subject = subject;
    this.deed = `request "${subject}"`;
    this.#session = session;
    this.#options = options;
    this.#controller = controller;
  }

  begin(body: Uint8Array, headers: Uint8Array | undefined): void {
    const { deadlines } = this.#session;
    const { timeoutMs, signal } = this.#options;
    const place = this.#session.open(this);
    this.#leave = [() => place.leave(), deadlines.add(this, timeoutMs)];
    this.#leave.push(onAbort(signal, (reason) => this.end(reason)));
    this.#session.sendRequest(this, body, place.replyTo, headers);
  }

  answer(msg: Msg): void {
    if (nobodyListens(msg)) return this.end(noResponder(this.deed));
    this.#controller.enqueue(replyOf(msg));
    const { maxReplies = Infinity, stallMs } = this.#options;
    this.#stall();
    if (++this.#count >= maxReplies) return this.#finish();
    if (stallMs === undefined) return;
    this.#stall = this.#session.deadlines.add(
      { late: () => this.#finish() },
      stallMs,
    );
  }

  late(): void {
    if (this.#count > 0) return this.#finish();
    const found = "no reply came in time";
    this.end(new MessagingError("timeout", `Cannot ${this.deed}: ${found}`));
  }

  end(reason: unknown): void {
    this.cancel();
    this.#controller.error(reason);
  }

  /** Waits for no more. */
  cancel(): void {
    this.#stall();
    for (const leave of this.#leave) leave();
  }

  #finish(): void {
    this.cancel();
    this.#controller.close();
  }
}

/** Sends a message and gives its replies; `prepare` refuses it, or gives its headers. */
export function repliesOf(
  session: Session,
  message: Message,
  options: RequestManyOptions,
  prepare: () => Uint8Array | undefined,
): ReadableStream<Message> {
  let replies: ManyReplies | undefined;
  return new ReadableStream<Message>({
    start(controller) {
      try {
        const { address, body } = message;
        const deed = `request "${address}"`;
        const headers = prepare();
        options.signal?.throwIfAborted();
        checkRequestMany(address, options);
        if (!session.connected) throw lostError(deed);
        replies = new ManyReplies(session, address, options, controller);
        replies.begin(body, headers);
      } catch (error) {
        controller.error(error);
      }
    },
    cancel: () => replies?.cancel(),
  });
}
