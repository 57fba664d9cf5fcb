import type { Clock } from "../contract/clock.ts";
import type { Delivery } from "../contract/delivery.ts";
import type { Guarantees } from "../contract/guarantees.ts";
import type { Message } from "../contract/message.ts";
import { Digest } from "./digest.ts";
import { reservedPrefix } from "./user_headers.ts";

/** The header that a publisher names a message by. */
export const messageIdHeader = "message-id";

const deadLetterHeader = `${reservedPrefix}dead-letter-reason`;
const deadLetterIdHeader = `${reservedPrefix}dead-letter-id`;

type Field = readonly [string, string];
const noFields: readonly Field[] = Object.freeze([]);

/** A delivery as those see it who do not settle it. */
export type SourceDelivery = Omit<Delivery, "settle" | "extend">;

/** Gives messages their ids. */
export interface Naming {
  /**
   * Called once for each message.
   *
   * @param given What somebody has named it already.
   * @param fields Its other headers.
   * @returns Its id; undefined where it keeps what it has.
   */
  idOf(
    address: string,
    body: Uint8Array,
    given: string | undefined,
    key?: string,
    fields?: readonly Field[],
  ): string | undefined;
}

/** Ids that nobody else makes: random digits, drawn once, and a count. */
export class RandomIds implements Naming {
  readonly #clock: Pick<Clock, "random">;
  #own: string | undefined = undefined;
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
    return `${this.own}-${(this.#count++).toString(36)}`;
  }

  /** What nobody else has. A random number for each message would cost more than all the rest of its id. */
  get own(): string {
    this.#own ??= Array.from({ length: 4 }, () => this.#digits()).join("");
    return this.#own;
  }

  #digits(): string {
    const word = Math.floor(this.#clock.random() * 2 ** 32);
    return word.toString(36).padStart(7, "0");
  }
}

/**
 * What somebody named a message.
 *
 * A dead letter has the header of its source, and several may be made of that: its name is what its source is known by to who gave it up.
 */
function nameOf({ headers }: Message): string | undefined {
  const name = headers?.get(
    headers.has(deadLetterHeader) ? deadLetterIdHeader : messageIdHeader,
  );
  return name === "" ? undefined : name;
}

/** What the repetitions of a message have in common: what its publisher named it, else the broker's own id. */
export function idOf(
  message: Message,
  { id }: Pick<Delivery, "id">,
): string | undefined {
  return nameOf(message) ?? id;
}

/** What the repetitions of a delivery have in common, and those of no other. */
function putSource(
  digest: Digest,
  { message, id, publishedAt }: SourceDelivery,
): Digest | undefined {
  const name = nameOf(message);
  if (name === undefined && id === undefined) return undefined;
  // A name is passed on with a copy, to another address; a broker that forgets counts anew.
  digest.text(message.address).text(name ?? `${id}`);
  return name === undefined
    ? digest.text(`${publishedAt?.getTime() ?? ""}`)
    : digest;
}

/**
 * Ids made of what a message is made for, from and to: the same handler makes them again for the same delivery.
 *
 * All that it says is in it, for what differs is another message: it must not be taken for a repetition.
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
    key?: string,
    fields = noFields,
  ): string | undefined {
    if (given !== undefined && !isSources(this.#deliveries, given)) {
      return undefined;
    }
    const digest = this.#begun.copy().count(this.#count++).text(address)
      .bytes(body);
    if (key !== undefined) digest.text(key);
    for (const [name, value] of fields) digest.text(name).text(value);
    return digest.toString();
  }
}

/** Whether an id came along with a source's headers: one that is made of it is another message, and so are several. */
function isSources(
  deliveries: readonly SourceDelivery[],
  given: string,
): boolean {
  return deliveries.some(({ message }) =>
    message.headers?.get(messageIdHeader) === given
  );
}

/** Ids that are never made again, though there is a source. */
class FreshIds implements Naming {
  readonly #random: Naming;
  readonly #deliveries: readonly SourceDelivery[];

  constructor(random: Naming, deliveries: readonly SourceDelivery[]) {
    this.#random = random;
    this.#deliveries = deliveries;
  }

  idOf(
    address: string,
    body: Uint8Array,
    given: string | undefined,
  ): string | undefined {
    const isOwn = given !== undefined && !isSources(this.#deliveries, given);
    return this.#random.idOf(address, body, isOwn ? given : undefined);
  }
}

/** Who shares deliveries, as a word for {@linkcode Namer}: undefined where each replica gets each message, and what it makes of that is its own. */
export function sharedBy(
  group: string | undefined,
  { redelivery }: Pick<Guarantees, "redelivery">,
): string | undefined {
  return group ?? (redelivery === "until-settled" ? "" : undefined);
}

/** Names what is published for deliveries, by one slot of one subscriber. */
export class Namer {
  readonly #words: readonly (string | undefined)[];
  #begun: Digest | undefined = undefined;
  /** Names what has no source. */
  readonly random: RandomIds;

  /**
   * Keeps apart what several make of one source.
   *
   * @param random For what has no source, or one that nothing is known of.
   * @param words Who publishes, by which slot; undefined for what nobody else has.
   */
  constructor(random: RandomIds, ...words: readonly (string | undefined)[]) {
    this.random = random;
    this.#words = words;
  }

  /**
   * Names what is published for deliveries in one run.
   *
   * @param place Which part of them it is made of. By default of all.
   */
  for(deliveries: readonly SourceDelivery[], place = ""): Naming {
    const digest = this.#begin().copy();
    for (const delivery of deliveries) {
      // One that cannot be told from others makes all that belong together so.
      if (putSource(digest, delivery) === undefined) {
        return this.fresh(deliveries);
      }
    }
    return new DerivedIds(
      digest.count(deliveries.length).text(place),
      deliveries,
    );
  }

  /** Names what is another message each time that it is published. */
  fresh(deliveries: readonly SourceDelivery[]): Naming {
    return new FreshIds(this.random, deliveries);
  }

  /** Begun once, and when it is needed: to be random costs something. */
  #begin(): Digest {
    return this.#begun ??= this.#words.reduce<Digest>(
      (digest, word) => digest.text(word ?? this.random.own),
      new Digest(),
    );
  }
}
