import type { Clock } from "../contract/clock.ts";
import type { Delivery } from "../contract/delivery.ts";
import type { Message } from "../contract/message.ts";
import { Digest } from "./digest.ts";

/** The header that a publisher names a message by. */
export const messageIdHeader = "message-id";

/** A delivery as those see it who do not settle it. */
export type SourceDelivery = Omit<Delivery, "settle" | "extend">;

/** Gives messages their ids. */
export interface Naming {
  /**
   * Called once for each message.
   *
   * @param given What somebody has named it already.
   * @returns Its id; undefined where it keeps what it has.
   */
  idOf(
    address: string,
    body: Uint8Array,
    given: string | undefined,
  ): string | undefined;
}

/** Ids that nobody else makes: random digits, drawn once, and a count. */
export class RandomIds implements Naming {
  readonly #clock: Pick<Clock, "random">;
  #prefix: string | undefined = undefined;
  #count = 0;

  constructor(clock: Pick<Clock, "random">) {
    this.#clock = clock;
  }

  idOf(
    _address: string,
    _body: Uint8Array,
    given: string | undefined,
  ): string | undefined {
    if (given !== undefined) return undefined;
    // A random number for each message would cost more than all the rest of its id.
    this.#prefix ??= Array.from({ length: 4 }, () => this.#digits()).join("");
    return `${this.#prefix}-${(this.#count++).toString(36)}`;
  }

  #digits(): string {
    const word = Math.floor(this.#clock.random() * 2 ** 32);
    return word.toString(36).padStart(7, "0");
  }
}

/** What the repetitions of a message have in common: what its publisher named it, else the broker's own id. */
export function idOf(
  { headers }: Message,
  { id }: Pick<Delivery, "id">,
): string | undefined {
  const named = headers?.get(messageIdHeader);
  return named === undefined || named === "" ? id : named;
}

/** The same of several that belong together: one that cannot be told from others makes them all so. */
function idOfAll(deliveries: readonly SourceDelivery[]): string | undefined {
  const ids: string[] = [];
  for (const delivery of deliveries) {
    const id = idOf(delivery.message, delivery);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids.join("\n");
}

/**
 * Ids made of what a message is made for, from and to: the same handler makes them again for the same delivery.
 *
 * The body is in it, for what differs is another message: it must not be taken for a repetition.
 */
class DerivedIds implements Naming {
  readonly #begun: Digest;
  readonly #deliveries: readonly SourceDelivery[];
  #count = 0;

  constructor(begun: Digest, deliveries: readonly SourceDelivery[]) {
    this.#begun = begun;
    this.#deliveries = deliveries;
  }

  idOf(
    address: string,
    body: Uint8Array,
    given: string | undefined,
  ): string | undefined {
    if (given !== undefined && !this.#isSources(address, given)) {
      return undefined;
    }
    return this.#begun.copy().count(this.#count++).text(address).bytes(body)
      .toString();
  }

  /** Whether it is a source's own, sent back to where that came from: then it would be taken for it. */
  #isSources(address: string, given: string): boolean {
    return this.#deliveries.some(({ message }) =>
      message.address === address &&
      message.headers?.get(messageIdHeader) === given
    );
  }
}

/** Names what is published for deliveries, by one slot of one subscriber. */
export class Namer {
  readonly #begun: Digest;
  /** Names what has no source. */
  readonly random: Naming;

  /**
   * Keeps apart what several make of one source.
   *
   * @param random For what has no source, or one that nothing is known of.
   * @param words Who publishes, by which slot.
   */
  constructor(random: Naming, ...words: readonly string[]) {
    this.random = random;
    this.#begun = new Digest();
    for (const word of words) this.#begun.text(word);
  }

  /**
   * Names what is published for deliveries in one run.
   *
   * @param place Which part of them it is made of. By default of all.
   */
  for(deliveries: readonly SourceDelivery[], place = ""): Naming {
    const id = idOfAll(deliveries);
    return id === undefined
      ? this.random
      : new DerivedIds(this.#begun.copy().text(id).text(place), deliveries);
  }
}
