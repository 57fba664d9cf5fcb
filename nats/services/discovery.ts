import {
  checkOptions,
  type Connection,
  isMessagingError,
  type Message,
  type RequestsMany,
} from "@ruststream/core/contract";
import type { Session } from "../session.ts";
import { sessionOf } from "../session_of.ts";
import { checkName } from "./_checks.ts";
import type {
  ServiceInfo,
  ServicePing,
  ServiceStats,
} from "./service_types.ts";
import { answerIn, askedAt, reading, type Verb } from "./_wire.ts";

/** Who is asked of the services, and for how long. */
export interface DiscoveryOptions {
  /** The service. By default all of them are asked. */
  readonly name?: string;
  /** The instance of it. By default all of them are asked. */
  readonly id?: string;
  /**
   * How long to wait for answers, in milliseconds.
   *
   * @default {2_000}
   */
  readonly timeoutMs?: number;
  /**
   * How long to wait for another answer after one, in milliseconds.
   *
   * @default {300}
   */
  readonly stallMs?: number;
  /** Gives up when aborted. By default only the time does. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the services that there are, in whatever language.
 *
 * Each question is asked at once. Its stream gives the answers as they come, and closes when no more come: after a stall, when its time is over, or after the one answer of an instance. It is empty where nobody answers. It errors with `connection` or `closed` when the connection ends, and with the signal's reason; cancelling it ends the wait.
 * What is no answer of a service is left out, and told as `dropped`. A mistake in the options throws a TypeError, times out of range error the stream with a RangeError.
 */
export interface Services {
  /** Who is there. */
  ping(options?: DiscoveryOptions): ReadableStream<ServicePing>;
  /** What they offer. */
  info(options?: DiscoveryOptions): ReadableStream<ServiceInfo>;
  /** What they have done. */
  stats(options?: DiscoveryOptions): ReadableStream<ServiceStats>;
}

const known = ["name", "id", "timeoutMs", "stallMs", "signal"];
const nobody: Uint8Array = new Uint8Array(0);
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Discovers services on a connection.
 *
 * @example One that is open on the same server
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel } from "@ruststream/core";
 * import { natsBroker, service, services } from "@ruststream/nats";
 *
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * const billing = service({ name: "billing", version: "1.4.0" });
 * await billing.endpoint(channel<number>("sums")).open(connection);
 *
 * const found = await Array.fromAsync(services(connection).info({ stallMs: 10 }));
 * assert.deepEqual(found.map(({ name }) => name), ["billing"]);
 * assert.equal(found[0]?.endpoints[0]?.subject, "sums");
 * ```
 *
 * @throws {TypeError} If it is no connection of a NATS broker.
 */
export function services(connection: Connection): Services {
  const session = sessionOf(connection);
  const publisher = connection.publisher as unknown as RequestsMany;
  const asking = <V extends Verb>(verb: V) => (options?: DiscoveryOptions) =>
    answersOf(session, verb, ask(publisher, verb, options ?? {}));
  return Object.freeze({
    ping: asking("PING"),
    info: asking("INFO"),
    stats: asking("STATS"),
  });
}

/** Throws a TypeError where the options are of no use. */
function ask(
  publisher: RequestsMany,
  verb: Verb,
  options: DiscoveryOptions,
): ReadableStream<Message> {
  const { name, id, timeoutMs = 2_000, stallMs = 300, signal } = options;
  const deed = "discover services";
  checkOptions(deed, options, known);
  if (name !== undefined) checkName(deed, name);
  if (id !== undefined) {
    checkName(`${deed} by an id`, id);
    if (name === undefined) {
      throw new TypeError(
        `Cannot ${deed}: the id "${id}" is of no service, give its name too`,
      );
    }
  }
  return publisher.requestMany(
    { address: askedAt(verb, name, id), body: nobody },
    {
      timeoutMs,
      stallMs,
      ...(id !== undefined && { maxReplies: 1 }),
      ...(signal !== undefined && { signal }),
    },
  );
}

function answersOf<V extends Verb>(
  session: Session,
  verb: V,
  replies: ReadableStream<Message>,
): ReadableStream<ReturnType<typeof reading[V]>> {
  type Answer = ReturnType<typeof reading[V]>;
  const reader = replies.getReader();
  return new ReadableStream<Answer>({
    async pull(controller) {
      for (;;) {
        const reply = await nextOf(reader);
        if (reply === undefined) return controller.close();
        try {
          const from = answerIn(verb, decoder.decode(reply.body));
          return controller.enqueue(reading[verb](from) as Answer);
        } catch (cause) {
          const detail =
            `An answer to ${verb} is not one of a service: ${cause}`;
          session.report({ kind: "dropped", count: 1, detail });
        }
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

/** Undefined where no more come. That nobody is there is an answer too. */
async function nextOf(
  reader: ReadableStreamDefaultReader<Message>,
): Promise<Message | undefined> {
  try {
    return (await reader.read()).value;
  } catch (error) {
    if (isMessagingError(error, "no-responder")) return undefined;
    if (isMessagingError(error, "timeout")) return undefined;
    throw error;
  }
}
