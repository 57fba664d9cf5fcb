import type {
  Message,
  RequestManyOptions,
  RequestsMany,
} from "../contract/mod.ts";
import type { Connection } from "../contract/broker.ts";
import type { Fault } from "./fault.ts";
import { never, ofMethod } from "./faulty_method.ts";

type RequestMany = RequestsMany["requestMany"];

const many = (
  breaks: string,
  change: (call: RequestMany, connection: Connection) => RequestMany,
): () => Fault => ofMethod("requestMany", breaks, change);

/** The same replies, but other ends. */
function ending(
  replies: ReadableStream<Message>,
  ends: {
    readonly closed?: () => Promise<void>;
    readonly failed?: (error: unknown) => Promise<void>;
  },
): ReadableStream<Message> {
  const reader = replies.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        await ends.closed?.();
      } catch (error) {
        if (ends.failed === undefined) throw error;
        await ends.failed(error);
      }
      controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

const without = (
  options: RequestManyOptions,
  name: "stallMs" | "signal",
): RequestManyOptions => {
  const { [name]: _left, ...rest } = options;
  return rest;
};

/** Faults of one message to many. */
export const faultyAskingMany: Readonly<Record<string, () => Fault>> = {
  "many-gives-one": many(
    "Of all replies to one message only the first is given.",
    (call) => (message, options) =>
      call(message, { ...options, maxReplies: 1 }),
  ),
  "many-never-ends": many(
    "The replies to one message do not end when their time is over.",
    (call) => (message, options) =>
      options.maxReplies === undefined || options.timeoutMs > 10_000
        ? call(message, options)
        : ending(call(message, options), { closed: never }),
  ),
  "many-forgets-stall": many(
    "A stall does not end the replies to one message.",
    (call) => (message, options) => call(message, without(options, "stallMs")),
  ),
  "many-closes-empty": many(
    "Where no reply comes, the stream closes as if it had been answered.",
    (call, connection) => (message, options) =>
      connection.state === "closed" || options.signal !== undefined
        ? call(message, options)
        : ending(call(message, options), {
          failed: async (error) => {
            if (connection.state === "closed") throw error;
            await Promise.resolve();
          },
        }),
  ),
  "many-forgets-signal": many(
    "The replies to one message do not look at their signal.",
    (call) => (message, options) => call(message, without(options, "signal")),
  ),
  "many-outlives": many(
    "Replies that are waited for at shutdown are waited for without end.",
    (call, connection) => (message, options) =>
      connection.state === "closed"
        ? call(message, options)
        : ending(call(message, options), {
          failed: async (error) => {
            if (connection.state === "closed") await never();
            throw error;
          },
        }),
  ),
  "many-throws": many(
    "Asking many throws after shutdown.",
    (call, connection) => (message, options) => {
      if (connection.state === "closed") {
        throw new TypeError("Cannot ask: the connection is closed");
      }
      return call(message, options);
    },
  ),
};
