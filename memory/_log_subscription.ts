import { type AddressPattern, MessagingError } from "@ruststream/core/contract";
import type { Bus } from "./_bus.ts";
import type { Letter } from "./_delivery.ts";
import type {
  MemoryLogStart,
  MemoryLogSubscription,
} from "./memory_connection.ts";
import { BusSubscription, type Reader } from "./_subscription.ts";

/** A place to begin at, checked. */
interface Place {
  /** In words, for errors. */
  readonly name: string;
  /** Whether a log that does not have it is another answer than "nothing yet". */
  readonly exact: boolean;
  /** Whether it is this message's. */
  readonly is: (letter: Letter) => boolean;
}

function placeOf(from: unknown, { template }: AddressPattern): Place {
  if (from === "start") return { name: from, exact: false, is: () => true };
  if (from === "end") return { name: from, exact: false, is: () => false };
  if (from instanceof Date) {
    const timeMs = from.getTime();
    if (Number.isNaN(timeMs)) {
      throw new RangeError(
        `Cannot read the log of "${template}": expected a valid Date, found ${from}`,
      );
    }
    return {
      name: from.toISOString(),
      exact: false,
      is: ({ publishedAtMs }) => publishedAtMs >= timeMs,
    };
  }
  const { sequence } = (from ?? {}) as { readonly sequence?: unknown };
  if (typeof sequence === "number") {
    return {
      name: `position ${sequence}`,
      exact: true,
      is: (letter) => letter.sequence === sequence,
    };
  }
  throw new TypeError(
    `Cannot read the log of "${template}": expected "start", "end", a Date or a position, found ${
      JSON.stringify(from)
    }`,
  );
}

function extent(letters: readonly Letter[]): string {
  const [first] = letters;
  const last = letters.at(-1);
  return first === undefined || last === undefined
    ? "which is empty"
    : `which has ${letters.length} messages from position ${first.sequence} to ${last.sequence}`;
}

/**
 * What a log has from a place on.
 *
 * @throws {MessagingError} `unsupported` without a log; `refused` where it does not have the place.
 * @throws {TypeError} If the place is none.
 * @throws {RangeError} If the place is a Date that is not valid.
 */
export function lettersFrom(
  { retained }: Bus,
  address: AddressPattern,
  from: MemoryLogStart,
  now: number,
): readonly Letter[] {
  const { template } = address;
  if (retained === undefined) {
    throw new MessagingError(
      "unsupported",
      `Cannot read the log of "${template}": this broker keeps none, it was made without the option "retain"`,
    );
  }
  const place = placeOf(from, address);
  const letters = retained.read(address, now);
  const at = letters.findIndex(place.is);
  if (at >= 0) return letters.slice(at);
  if (!place.exact) return [];
  throw new MessagingError(
    "refused",
    `Cannot read the log of "${template}" from ${place.name}: it is not in the log, ${
      extent(letters)
    }`,
  );
}

/** The user's side of a subscription that began in the log. */
export class BusLogSubscription extends BusSubscription
  implements MemoryLogSubscription {
  readonly #bus: Bus;

  constructor(reader: Reader, bus: Bus) {
    super(reader);
    this.#bus = bus;
  }

  // deno-lint-ignore require-await -- what is thrown must reject
  async seek(
    position: MemoryLogStart,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    this.checkOpen("seek in");
    options.signal?.throwIfAborted();
    const { reader } = this;
    const { address } = reader.options;
    if (!reader.open) {
      throw new MessagingError(
        "closed",
        `Cannot seek in the subscription to "${address.template}": it takes no more deliveries`,
      );
    }
    const now = reader.session.clock.now();
    reader.refill(lettersFrom(this.#bus, address, position, now));
  }
}
