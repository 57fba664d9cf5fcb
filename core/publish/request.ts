import { isPromiseLike } from "../contract/awaitable.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import { type Clock, systemClock } from "../contract/clock.ts";
import { isMessagingError, MessagingError } from "../contract/errors.ts";
import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type {
  RequestManyOptions,
  RequestOptions,
  Requests,
  RequestsMany,
} from "../contract/publisher.ts";
import { untilAborted } from "../contract/until_aborted.ts";
import { decodePayload } from "../decode.ts";
import { codecOf, reservedPrefix } from "./encode.ts";
import { type AllOptions, brokerOptions, type Prepare } from "./prepare.ts";

/**
 * Told of each request that is open.
 *
 * @param giveUp Ends it where nobody waits for it any longer: it may never end by itself.
 */
export type Track = (request: Promise<unknown>, giveUp?: () => void) => void;

/** What is asked, and how its replies are read. */
export interface Asking {
  readonly channel: AnyChannel;
  readonly reply: AnyChannel;
  readonly prepare: Prepare;
  /** The codec that is set around it, if one is. */
  readonly codec: Codec | AsyncCodec | undefined;
  /** Says until when the reply is wanted. By default the machine's. */
  readonly clock: Clock | undefined;
  readonly track?: Track | undefined;
}

/** Sends a payload, and gives the payload of its reply. */
export async function request(
  raw: Requests,
  asking: Asking,
  payload: unknown,
  options: AllOptions & RequestOptions,
): Promise<unknown> {
  const message = await asking.prepare(payload, options);
  const answer = await raw.request(
    withDeadline(message, asking, options),
    (brokerOptions(options) ?? options) as RequestOptions,
  );
  return await read(asking, message.address, answer);
}

/** Sends a payload at once, and gives the payloads of its replies as they come. */
export function requestMany(
  raw: RequestsMany,
  asking: Asking,
  payload: unknown,
  options: AllOptions & RequestManyOptions,
): ReadableStream<unknown> {
  const { signal } = options;
  let answers: ReadableStreamDefaultReader<Message>;
  let address = asking.channel.address;
  let isCancelled = false;
  let over = (): void => {};
  const send = (message: Message): void => {
    if (isCancelled) return;
    address = message.address;
    answers = raw.requestMany(
      withDeadline(message, asking, options),
      (brokerOptions(options) ?? options) as RequestManyOptions,
    ).getReader();
    answers.closed.then(over, over);
  };
  return new ReadableStream<unknown>({
    async start() {
      signal?.throwIfAborted();
      over = openReplies(asking, options);
      try {
        const message = asking.prepare(payload, options);
        send(
          isPromiseLike<Message>(message)
            ? await untilAborted(() => message, signal)
            : message,
        );
      } catch (error) {
        over();
        throw error;
      }
    },
    async pull(controller) {
      const { done, value } = await answers.read();
      if (done) return controller.close();
      try {
        controller.enqueue(
          await obeying(signal, () => read(asking, address, value)),
        );
      } catch (error) {
        // What is wrong with the reply says more than an end that fails.
        answers.cancel(error).catch(() => {});
        throw error;
      }
    },
    cancel(reason) {
      isCancelled = true;
      over();
      return answers?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** Says that replies are waited for, and gives what says that they are not any more. */
function openReplies(
  { track, clock = systemClock }: Asking,
  { timeoutMs }: RequestManyOptions,
): () => void {
  // What is no time is for the broker to refuse.
  if (track === undefined || !Number.isFinite(timeoutMs)) return () => {};
  const { promise, resolve } = Promise.withResolvers<void>();
  // A stream that nobody reads to its end has none.
  const cancel = clock.after(timeoutMs, resolve);
  const over = (): void => {
    cancel();
    resolve();
  };
  track(promise, over);
  return over;
}

/** A stream of replies, which errors with what is thrown before there is one. */
export function orErrored<T>(
  make: () => ReadableStream<T>,
): ReadableStream<T> {
  try {
    return make();
  } catch (error) {
    return new ReadableStream<T>({ start: (to) => to.error(error) });
  }
}

/** Waits as long as a signal allows, whatever is waited for. Without one it costs nothing. */
export function obeying<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return signal === undefined ? work() : untilAborted(work, signal);
}

/** Says how long somebody waits for the reply, so that nobody works for it any longer. */
function withDeadline(
  message: Message,
  { clock = systemClock }: Asking,
  { timeoutMs }: RequestOptions,
): Message {
  // What is no time is for the broker to refuse, and no deadline.
  if (!Number.isFinite(timeoutMs)) return message;
  const deadline = String(Math.ceil(clock.now() + timeoutMs));
  return {
    ...message,
    headers: headers([
      ...message.headers ?? [],
      [`${reservedPrefix}deadline`, deadline],
    ]),
  };
}

async function read(
  { reply, codec }: Asking,
  address: string,
  answer: Message,
): Promise<unknown> {
  const deed = `read the reply of "${address}"`;
  const code = answer.headers?.get(`${reservedPrefix}error`);
  if (code === undefined) {
    try {
      return await decodePayload(deed, reply, codecOf(reply, codec), answer);
    } catch (error) {
      throw isMessagingError(error)
        // By the code of its cause alone nobody could tell it from a payload that was refused before it was sent.
        ? new MessagingError("bad-reply", error.message, {
          cause: error,
          retryable: error.retryable,
        })
        : error;
    }
  }
  const text = answer.headers?.get(`${reservedPrefix}error-message`) ?? "";
  throw new MessagingError(
    "remote",
    `Cannot request "${address}": whoever was asked failed with "${code}"${
      text === "" ? "" : `, ${text}`
    }`,
    { cause: Object.freeze({ code, message: text }) },
  );
}
