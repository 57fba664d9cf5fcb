import type { Declarations } from "../app/declarations.ts";
import type { PlannedBroker } from "../app/planned.ts";
import { bytesCodec, jsonCodec, textCodec } from "../codecs.ts";
import type { Clock } from "../contract/clock.ts";
import type { AsyncCodec, Codec } from "../contract/codec.ts";
import { isMessagingError, MessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import { codecOf } from "../publish/encode.ts";
import { messageIdHeader } from "../publish/message_id.ts";
import { type AllOptions, preparing } from "../publish/prepare.ts";
import { namingOf } from "../publish/publisher.ts";
import { userHeaders } from "../publish/user_headers.ts";
import { brokerOption, checkWritten, chooseBroker } from "./broker_choice.ts";
import {
  type CommandContext,
  type CommandOption,
  UsageError,
} from "./command.ts";
import {
  addressHint,
  channelAt,
  type Declared,
  declaredBy,
  declaredFor,
} from "./declared.ts";
import { errorLine } from "./failure.ts";

/** The options of what sends a message. */
export const messageOptions: Readonly<Record<string, CommandOption>> = Object
  .freeze({
    header: {
      value: "NAME=VALUE",
      repeats: true,
      summary: "A header field of the message",
    },
    key: { value: "KEY", summary: "The ordering key of the message" },
    ...brokerOption,
  });

/** What is sent, where to, and what the application declares of it. */
export interface Outgoing {
  readonly broker: string;
  readonly address: string;
  /** What the application declares for it there. */
  readonly declared: readonly Declared[];
  /** A payload as it was written; undefined where there is none, `-` where lines of standard input are. */
  readonly written: string | undefined;
  readonly envelope: Pick<AllOptions, "headers" | "key">;
}

/** Reads `NAME=VALUE`. */
export function readField(
  option: string,
  field: string,
): readonly [string, string] {
  const at = field.indexOf("=");
  if (at > 0) return [field.slice(0, at), field.slice(at + 1)];
  throw new UsageError(
    `Cannot take "--${option} ${field}": expected NAME=VALUE`,
  );
}

/**
 * Reads the words and options of what sends a message.
 *
 * @throws {UsageError} If one is malformed, or it is not clear which broker is meant.
 */
export function readOutgoing(
  verb: string,
  context: CommandContext,
  declarations: Declarations,
): Outgoing {
  const { words: [address, written, ...more], values, value } = context;
  if (address === undefined || more.length > 0) {
    throw new UsageError(
      `Cannot ${verb}: expected ADDRESS [JSON|-], found ${context.words.length} words`,
    );
  }
  checkWritten(verb, address, { full: true });
  const all = declaredBy(declarations);
  const found = declaredFor(all, address);
  const broker = chooseBroker(
    context,
    declarations,
    address,
    found.map((one) => one.broker),
  );
  const declared = found.filter((one) => one.broker === broker);
  if (declared.length === 0) {
    const here = all.filter((one) => one.broker === broker);
    context.say(
      `No channel is declared for "${address}" on "${broker}", so nothing is checked${
        addressHint(address, here.map(({ template }) => template))
      }`,
    );
  }
  const fields = values("header").map((one) => readField("header", one));
  checkFields(verb, address, fields);
  const key = value("key");
  return {
    broker,
    address,
    declared,
    written,
    envelope: {
      ...(fields.length > 0 && { headers: fields }),
      ...(key !== undefined && { key }),
    },
  };
}

/** Refuses headers that are not lawful before anything connects. */
function checkFields(
  verb: string,
  address: string,
  fields: readonly (readonly [string, string])[],
): void {
  try {
    userHeaders(`${verb} "${address}"`, fields);
  } catch (error) {
    throw new UsageError(errorLine(error));
  }
}

function isRaw(codec: Codec | AsyncCodec): boolean {
  return codec === bytesCodec || codec === textCodec;
}

/** Whether payloads are written as they are, and not as JSON. */
export function takesText({ declared }: Outgoing): boolean {
  return declared.length > 0 && declared.every(({ codec }) => isRaw(codec));
}

/** Makes messages of what is written. */
export class MessageMaker {
  readonly #outgoing: Outgoing;
  readonly #ways: readonly ((text: string) => Promise<Message>)[];

  /**
   * Each channel that is declared is a way to make one; without any the codec that is set around it does.
   *
   * @param planned The broker, by which messages have ids or none.
   */
  constructor(
    outgoing: Outgoing,
    { broker: { guarantees }, codec: nearest, messageIds }: PlannedBroker,
    clock: Clock,
  ) {
    this.#outgoing = outgoing;
    const { address, declared, envelope } = outgoing;
    const bare = { channel: { address }, codec: codecOf({ address }, nearest) };
    const channels = declared.length > 0 ? declared : [bare];
    const naming = namingOf({
      messageIds: messageIds && guarantees.headers,
      clock,
    });
    this.#ways = channels.map(({ channel, codec }) => {
      const prepare = preparing(channelAt(channel, address), { codec, naming });
      return async (text) => {
        const message = await prepare(payloadOf(codec, text), envelope);
        // As it was written: a number may have more digits than this language has.
        return codec === jsonCodec
          ? { ...message, body: encoder.encode(text) }
          : message;
      };
    });
  }

  /** The message of a payload that the first of the channels takes. Rejects with why none of them does. */
  async make(text: string): Promise<Message> {
    const failures: string[] = [];
    for (const way of this.#ways) {
      try {
        return await way(text);
      } catch (error) {
        const refused = isMessagingError(error, "schema") ||
          isMessagingError(error, "codec");
        if (!refused || this.#ways.length === 1) throw error;
        failures.push(error.message);
      }
    }
    throw new MessagingError(
      "schema",
      `Cannot publish to "${this.#outgoing.address}": none of its ${failures.length} channels takes it, ${
        failures.join("; ")
      }`,
    );
  }
}

/** The id that a message has been given, if it has one. */
export function givenId({ headers }: Message): string | undefined {
  return headers?.get(messageIdHeader);
}

const encoder = new TextEncoder();

function payloadOf(codec: Codec | AsyncCodec, text: string): unknown {
  if (codec === bytesCodec) return encoder.encode(text);
  return codec === textCodec ? text : JSON.parse(text);
}

/**
 * Checks a payload that was written by hand, before anything connects.
 *
 * @throws {UsageError} If it is missing, or not JSON where that is meant.
 */
export function checkPayload(verb: string, outgoing: Outgoing): void {
  const { address, written } = outgoing;
  if (takesText(outgoing) || written === "-") return;
  if (written === undefined) {
    throw new UsageError(
      `Cannot ${verb} "${address}": a payload is missing, expected JSON, or "-" for lines of standard input`,
    );
  }
  try {
    JSON.parse(written);
  } catch {
    throw new UsageError(
      `Cannot ${verb} "${address}": its payload is not JSON, found ${
        written.length > 40 ? `${written.slice(0, 40)}…` : written
      }`,
    );
  }
}
