import type { Msg } from "@nats-io/nats-core";
import { headersOf } from "../wire_headers.ts";
import { reaches } from "./_fields.ts";
import type { Hub } from "./_hub.ts";
import type { Deliver } from "./consumer_options.ts";

/**
 * Servers before 2.10 move each consumer of a stream to the message that purged its subject, over those of other subjects.
 *
 * What such a message leaves out is looked for once. Where the consumer reads none of that subject it is not seen.
 */
export class Leap {
  #seen = 0;

  /** Whether there may be something between where a reading is and what came. */
  over(
    { session }: Hub,
    next: Deliver,
    sequence: number,
    msg: Msg,
  ): boolean {
    const expected = (next as { readonly sequence?: number }).sequence;
    if (expected === undefined || sequence === expected) return false;
    if (sequence <= this.#seen || reaches(session.info.version, "2.10")) {
      return false;
    }
    if (!headersOf(msg)?.has("Nats-Rollup")) return false;
    this.#seen = sequence;
    return true;
  }
}
