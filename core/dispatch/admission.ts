import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec, Encodable } from "../contract/codec.ts";
import type { Delivery } from "../contract/delivery.ts";
import type { Message } from "../contract/message.ts";
import type { Schema, SchemaResult } from "../contract/schema.ts";
import { checksNothing } from "../channel.ts";
import { MessagingError } from "../contract/errors.ts";
import { issueText } from "../publish/encode.ts";
import { headerRecord } from "../publish/header_record.ts";
import { errorText } from "./error_text.ts";
import { type Job, noHeaders } from "./job.ts";
import type { Route } from "./route.ts";

/** Why a delivery is not handed to its handler. A class, so that no payload can be taken for one. */
export class Refusal {
  /** One word for the dead letter. */
  readonly reason: string;
  readonly error: unknown;

  constructor(reason: string, error: unknown) {
    this.reason = reason;
    this.error = error;
  }
}

function encodable(message: Message): Encodable {
  return message.headers === undefined
    ? { body: message.body, headers: noHeaders }
    : message as Encodable;
}

function mismatched(what: string, checked: SchemaResult<unknown>): Refusal {
  return new Refusal(
    "schema",
    new MessagingError(
      "schema",
      `Cannot take the ${what}: ${issueText(checked.issues ?? [])}`,
    ),
  );
}

function undecodable(codec: Codec | AsyncCodec, cause: unknown): Refusal {
  return new Refusal(
    "codec",
    new MessagingError(
      "codec",
      `Cannot decode the body as ${codec.contentType}: ${
        errorText(cause, false)
      }`,
      { cause },
    ),
  );
}

/** Checks what can be said of a body before it is looked at. */
export function checkUnread(
  { delivery, route: { policy } }: Job,
  clock: Pick<Clock, "now">,
): Refusal | undefined {
  const { byteLength } = delivery.message.body;
  const { maxBodyBytes, maxAgeMs } = policy;
  if (byteLength > maxBodyBytes) {
    return new Refusal(
      "too-large",
      `a body of ${byteLength} bytes, and maxBodyBytes is ${maxBodyBytes}`,
    );
  }
  if (maxAgeMs === Infinity) return undefined;
  const now = clock.now();
  const ageMs = now - (delivery.publishedAt?.getTime() ?? now);
  return ageMs > maxAgeMs
    ? new Refusal(
      "too-old",
      `published ${ageMs} ms ago, and maxAgeMs is ${maxAgeMs}`,
    )
    : undefined;
}

/** Decodes the body. The value, or a {@linkcode Refusal}. */
export function decodeNow({ message }: Delivery, codec: Codec): unknown {
  try {
    return codec.decode(encodable(message));
  } catch (error) {
    return undecodable(codec, error);
  }
}

/** Stands for the value of a body that is decoded when it is its turn. */
export const undecoded: unique symbol = Symbol("undecoded");

const mostBytesAhead = 4_096;

/**
 * Decodes a body before its turn, unless something has to be looked at before that.
 *
 * What is large has its turn, and so has what came before: it may kill the process, and those read with it should end first.
 */
export function decodeAhead(
  delivery: Delivery,
  { codec, policy }: Route,
): unknown {
  const { message: { body }, attempt = 1, replyTo } = delivery;
  const hasTurn = "waits" in codec || attempt > 1 || replyTo !== undefined ||
    body.byteLength > Math.min(mostBytesAhead, policy.maxBodyBytes) ||
    policy.maxAgeMs !== Infinity;
  return hasTurn ? undecoded : decodeNow(delivery, codec);
}

/** Decodes the body by a codec that waits. The value, or a {@linkcode Refusal}; it never rejects. */
export async function decodeLater(
  job: Job,
  codec: AsyncCodec,
): Promise<unknown> {
  try {
    return await codec.decode(encodable(job.delivery.message));
  } catch (error) {
    return undecodable(codec, error);
  }
}

function checkWith(
  schema: Schema,
  what: string,
  value: unknown,
  take: (value: unknown) => void,
): Awaitable<Refusal | undefined> {
  const read = (checked: SchemaResult<unknown>): Refusal | undefined => {
    if (checked.issues !== undefined) return mismatched(what, checked);
    take(checked.value);
    return undefined;
  };
  const failed = (error: unknown): Refusal => new Refusal("schema", error);
  try {
    const checked = schema["~standard"].validate(value);
    return isPromiseLike<SchemaResult<unknown>>(checked)
      ? checked.then(read).then(undefined, failed)
      : read(checked as SchemaResult<unknown>);
  } catch (error) {
    return failed(error);
  }
}

function checkHeaders(job: Job): Awaitable<Refusal | undefined> {
  const { headers } = job.route.channel;
  if (headers === undefined || checksNothing(headers)) return undefined;
  return checkWith(
    headers,
    "headers",
    headerRecord(job.rawHeaders),
    (value) => {
      job.typedHeaders = value;
    },
  );
}

function orderKey(job: Job): Refusal | undefined {
  const { orderBy } = job.route.policy;
  if (orderBy === undefined) return undefined;
  try {
    const key: unknown = orderBy(job.payload, { params: job.params });
    if (typeof key === "string") {
      job.key = key;
      return undefined;
    }
    return new Refusal(
      "order-key",
      new TypeError(
        `Cannot order a delivery of "${job.route.name}": orderBy must give a string, found ${typeof key}`,
      ),
    );
  } catch (error) {
    return new Refusal("order-key", error);
  }
}

function then(
  first: Awaitable<Refusal | undefined>,
  next: () => Awaitable<Refusal | undefined>,
): Awaitable<Refusal | undefined> {
  if (isPromiseLike<Refusal | undefined>(first)) {
    return first.then((refusal) => refusal ?? next());
  }
  return first ?? next();
}

/** Checks a decoded value by the schemas of the job's channel, and finds its key. Waits only where a schema does. */
export function checkPayload(
  job: Job,
  value: unknown,
): Awaitable<Refusal | undefined> {
  const { payload, headers } = job.route.channel;
  job.payload = value;
  return checksNothing(payload) && headers === undefined
    ? orderKey(job)
    : checkAll(job, payload);
}

// Apart from what checks nothing: a function that makes closures allocates a scope at each call.
function checkAll(
  job: Job,
  payload: Schema | undefined,
): Awaitable<Refusal | undefined> {
  const checked = payload === undefined || checksNothing(payload)
    ? undefined
    : checkWith(payload, "payload", job.payload, (taken) => {
      job.payload = taken;
    });
  return then(then(checked, () => checkHeaders(job)), () => orderKey(job));
}
