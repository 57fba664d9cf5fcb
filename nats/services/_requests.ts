import type { Delivery, Message } from "@ruststream/core/contract";
import { failureOf, type ServiceFailure } from "../service_headers.ts";
import type { Work } from "./_account.ts";

/** A request in hand. */
export interface Asked {
  readonly work: Work;
  readonly replyTo: string | undefined;
  /** The error that it was answered with. */
  failure: ServiceFailure | undefined;
}

/** The requests of one connection that wait for an answer, by where it goes. */
export class Requests {
  readonly #byReply = new Map<string, Set<Asked>>();

  add({ replyTo }: Delivery, work: Work): Asked {
    const asked: Asked = { work, replyTo, failure: undefined };
    if (replyTo === undefined) return asked;
    const others = this.#byReply.get(replyTo);
    if (others === undefined) this.#byReply.set(replyTo, new Set([asked]));
    else others.add(asked);
    return asked;
  }

  remove(asked: Asked): void {
    const { replyTo } = asked;
    if (replyTo === undefined) return;
    const all = this.#byReply.get(replyTo);
    if (all?.delete(asked) && all.size === 0) this.#byReply.delete(replyTo);
  }

  /** Looks whether a message answers one of them with an error. */
  readonly published = (message: Message): void => {
    const all = this.#byReply.get(message.address);
    if (all === undefined) return;
    const failure = failureOf(message);
    if (failure === undefined) return;
    // Who asks twice with one address for replies is answered in order.
    const asked = [...all].find((one) => one.failure === undefined);
    if (asked !== undefined) asked.failure = failure;
  };

  /** Nobody can be answered any more. */
  clear(): void {
    this.#byReply.clear();
  }
}
