import { fillAddress } from "../contract/address.ts";
import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { isMessagingError } from "../contract/errors.ts";
import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import { encodeTo, reservedPrefix } from "../publish/encode.ts";
import {
  isUnlawful,
  type MadeOf,
  publishMade,
} from "../publish/publish_middleware.ts";
import type { Reply } from "../outcome.ts";
import { errorText } from "./error_text.ts";
import type { Job } from "./job.ts";
import type { Destination } from "./route.ts";

const nobody: Uint8Array = new Uint8Array(0);

function ownFields(job: Job): (readonly [string, string])[] {
  return [...job.rawHeaders].filter(([name]) =>
    !name.toLowerCase().startsWith(reservedPrefix)
  );
}

/** The parameters of a template that the job's address has too. */
function paramsFor(
  { pattern }: Destination,
  params: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const wanted: Record<string, string> = {};
  for (const token of pattern.tokens) {
    if (token.kind === "literal" || !Object.hasOwn(params, token.name)) {
      continue;
    }
    wanted[token.name] = params[token.name] as string;
  }
  return wanted;
}

/** The message as it came, and why it is a dead letter. */
export function deadLetterOf(
  job: Job,
  to: Destination,
  reason: string,
  error: unknown,
  at: number,
): Message {
  const { message, dedupeId } = job.delivery;
  const prefix = `${reservedPrefix}dead-letter-`;
  const text = errorText(error);
  const fields: (readonly [string, string])[] = [
    ...ownFields(job),
    [`${prefix}address`, message.address],
    [`${prefix}reason`, reason],
    [
      `${prefix}attempts`,
      String(job.runs === 0 ? job.attempt - 1 : job.attempt),
    ],
    [`${prefix}subscriber`, job.route.name],
    [`${prefix}at`, new Date(at).toISOString()],
  ];
  if (text !== "") fields.push([`${prefix}error`, text]);
  if (dedupeId !== undefined) fields.push([`${prefix}id`, dedupeId]);
  return {
    address: fillAddress(to.pattern, paramsFor(to, job.params)),
    body: message.body,
    headers: headers(fields),
    ...(message.key === undefined ? {} : { key: message.key }),
  };
}

/** A reply, encoded: where the delivery wants it, else at the reply channel's address. */
export function replyOf(
  job: Job,
  to: Destination,
  reply: Reply,
): Awaitable<Message> {
  const address = job.delivery.replyTo ?? replyAddress(job, to, reply);
  return encodeTo(address, to.channel, to.codec, reply.payload, {
    headers: reply.headers,
    key: reply.key,
    // Whoever waits for it reads it once: nobody tells its repetitions apart.
    naming: job.delivery.replyTo === undefined
      ? to.namer?.for(job.deliveries)
      : undefined,
  });
}

function replyAddress(job: Job, to: Destination, reply: Reply): string {
  const { pattern } = to;
  const params = { ...paramsFor(to, job.params), ...reply.params };
  for (const token of pattern.tokens) {
    if (token.kind === "literal" || params[token.name] !== undefined) continue;
    throw new TypeError(
      `Cannot reply to "${pattern.template}": the address of the delivery has no parameter "${token.name}", and reply(value, { params }) gives none`,
    );
  }
  return fillAddress(pattern, params);
}

/** Tells whoever waits for a reply that there will be none. Never the stack. */
export function failureReplyOf(
  address: string,
  reason: string,
  error: unknown,
): Message {
  return {
    address,
    body: nobody,
    headers: headers({
      [`${reservedPrefix}error`]: isMessagingError(error) ? error.code : reason,
      [`${reservedPrefix}error-message`]: errorText(error),
    }),
  };
}

/** Publishes, and gives even a publisher that throws a promise that rejects. */
export function publishBy(
  to: Pick<Destination, "publisher">,
  message: Message,
  of: MadeOf,
): Awaitable<unknown> {
  try {
    const sent = publishMade(to.publisher, message, of);
    return isPromiseLike(sent) ? Promise.resolve(sent) : sent;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether the same publish may succeed later. */
export function mayPass(
  { publisher }: Pick<Destination, "publisher">,
  cause: unknown,
): boolean {
  return isMessagingError(cause)
    ? cause.retryable
    : !isUnlawful(publisher, cause);
}
