import {
  checkMessage,
  type Message,
  MessagingError,
} from "@ruststream/core/contract";
import { keyHeader } from "../keys.ts";
import { wireHeaders } from "../wire_headers.ts";
import { reaches } from "./_fields.ts";
import { idHeader, isOurHeader } from "./_message.ts";
import type { Session } from "../session.ts";
import type { JetStreamPublishOptions } from "./publisher.ts";

type Fields = readonly (readonly [string, string])[];

/** What goes over the wire. */
export interface Letter {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly headers?: Uint8Array;
}

// These are words of the runtime, which brokers do not see.
const messageIdHeader = "message-id";
const deadLetterHeader = "ruststream-dead-letter-reason";
const deadLetterIdHeader = "ruststream-dead-letter-id";

/**
 * The id that a message brings along in its header `message-id`, for its address alone: who passes a message on, headers and all, makes another.
 *
 * A dead letter has the header of its source, and several may be made of that: its id is what its source is known by to one consumer.
 */
export function ownIdOf({ address, headers }: Message): string | undefined {
  const id = headers?.get(
    headers.has(deadLetterHeader) ? deadLetterIdHeader : messageIdHeader,
  );
  return id ? `${id}@${address}` : undefined;
}

/** Refuses what the server would take for a word of its own. */
function usersFields({ address, headers }: Message): Fields {
  const fields = headers === undefined ? [] : [...headers];
  const ours = fields.find(([name]) => isOurHeader(name));
  if (ours === undefined) return fields;
  throw new TypeError(
    `Cannot publish to "${address}": the header "${
      ours[0]
    }" tells the server what to do, and has an option of its own`,
  );
}

/** The fields that options of a publish become. */
export function optionFields(
  { address }: Message,
  options: JetStreamPublishOptions,
  version: string,
): Fields {
  const { id, expect, rollup, increment, ttlMs } = options;
  const fields: [string, string][] = [];
  if (id !== undefined) fields.push([idHeader, id]);
  const say = (name: string, value: unknown): void => {
    if (value !== undefined) fields.push([`Nats-Expected-${name}`, `${value}`]);
  };
  say("Stream", expect?.stream);
  say("Last-Sequence", expect?.lastSequence);
  say("Last-Subject-Sequence", expect?.lastSubjectSequence);
  say("Last-Msg-Id", expect?.lastId);
  if (rollup !== undefined) {
    fields.push(["Nats-Rollup", rollupOf(address, rollup)]);
  }
  if (increment !== undefined) {
    checkSince(address, "increment", "2.12", version);
    fields.push(["Nats-Incr", incrementOf(address, increment)]);
  }
  if (ttlMs === undefined) return fields;
  if (!(ttlMs > 0) || !Number.isFinite(ttlMs)) {
    throw new RangeError(
      `Cannot publish to "${address}": expected ttlMs to be a finite number above 0, found ${ttlMs}`,
    );
  }
  checkSince(address, "ttlMs", "2.11", version);
  return [...fields, ["Nats-TTL", `${Math.ceil(ttlMs / 1_000)}s`]];
}

function checkSince(
  address: string,
  option: string,
  since: string,
  version: string,
): void {
  if (reaches(version, since)) return;
  throw new MessagingError(
    "unsupported",
    `Cannot publish to "${address}": "${option}" needs a server of ${since}, found ${version}`,
  );
}

function rollupOf(address: string, rollup: unknown): string {
  if (rollup === "subject") return "sub";
  if (rollup === "all") return "all";
  throw new TypeError(
    `Cannot publish to "${address}": expected the rollup "subject" or "all", found ${
      JSON.stringify(rollup)
    }`,
  );
}

function incrementOf(address: string, increment: number | bigint): string {
  if (typeof increment === "bigint" || Number.isSafeInteger(increment)) {
    return `${increment < 0 ? "" : "+"}${increment}`;
  }
  throw new RangeError(
    `Cannot publish to "${address}": expected the increment to be a whole number, found ${increment}`,
  );
}

/**
 * Checks a message, and writes it with fields of ours. `spareBytes` is how many more its headers may become.
 *
 * @throws {TypeError} If the message is not lawful.
 * @throws {MessagingError} `too-large`, headers counted.
 */
export function writeLetter(
  message: Message,
  ours: Fields,
  { info: { max_payload } }: Session,
  spareBytes = 0,
): Letter {
  checkMessage(message, { maxBodyBytes: max_payload });
  const { address, body, key } = message;
  const fields: (readonly [string, string])[] = [
    ...usersFields(message),
    ...ours,
  ];
  if (key !== undefined) fields.push([keyHeader, key]);
  if (fields.length === 0) return { subject: address, body };
  const headers = wireHeaders(fields);
  const headerBytes = headers.length + spareBytes;
  if (headerBytes + body.length > max_payload) {
    throw new MessagingError(
      "too-large",
      `Cannot publish to "${address}": its body has ${body.length} bytes and its headers ${headerBytes}, at most ${max_payload} are taken`,
    );
  }
  return { subject: address, body, headers };
}
