import type {
  Declarations,
  DeclaredSlot,
  DeclaredSubscriber,
} from "@ruststream/core";
import { writeBindings } from "./bindings.ts";
import type { ChannelDraft, Channels, Use } from "./channels.ts";
import { details } from "./details.ts";
import { assignIds, keyed, type Wanting } from "./ids.ts";
import { asJson, canonical, type JsonObject, own, sorted } from "./json.ts";
import type { MessageDraft } from "./messages.ts";
import type { DocumentOptions } from "./options.ts";

/** An operation of the document, its id not known yet. */
interface OperationDraft extends Wanting {
  readonly action: "receive" | "send";
  readonly use: Use;
  readonly reply: Use | undefined;
  /** What else it says. */
  readonly rest: JsonObject;
}

/** What gives channels and messages their ids. */
export interface IdsOf {
  readonly channel: (channel: ChannelDraft) => string;
  readonly message: (message: MessageDraft) => string;
}

/** Makes an operation, told apart by all that it says. */
function draft(
  wanted: string,
  action: OperationDraft["action"],
  use: Use,
  reply: Use | undefined,
  rest: JsonObject,
): OperationDraft {
  const uses = [use, ...reply === undefined ? [] : [reply]];
  // An id has no letters but those of ASCII: whoever has others is called by them.
  const all = /^[ -~]*$/.test(wanted) ? rest : { title: wanted, ...rest };
  return keyed({ wanted, action, use, reply, rest: all }, () =>
    canonical([
      action,
      uses.map(({ channel, message }) => [
        channel.key,
        message.wanted,
        message.key,
      ]),
      all,
    ]));
}

/** How a subscriber takes messages, which AsyncAPI has no words for. */
function extensions(
  { retry, deadLetter, batch, group }: DeclaredSubscriber,
): JsonObject {
  const { maxAttempts, order, backoff } = retry;
  return {
    ...(group !== undefined && { "x-ruststream-group": group }),
    ...(batch !== undefined &&
      { "x-ruststream-batch": asJson(batch) }),
    "x-ruststream-retry": {
      maxAttempts: maxAttempts === Infinity ? "unlimited" : maxAttempts,
      order,
      backoff: asJson(backoff),
      ...(deadLetter !== undefined &&
        { deadLetter: deadLetter.channel.address }),
    },
  };
}

function slotOperation(
  channels: Channels,
  name: string,
  { slot, reply, ...messages }: DeclaredSlot,
): OperationDraft {
  const wanted = `${name}.${slot}`;
  const answers = reply === undefined
    ? undefined
    : channels.addInbox(reply, `${wanted}.reply`);
  return draft(wanted, "send", channels.add(messages), answers, {});
}

/** Adds what one subscriber does. */
function operationsOf(
  channels: Channels,
  subscriber: DeclaredSubscriber,
  options: DocumentOptions,
): readonly OperationDraft[] {
  const { name, isNamed, address, reply, slots, deadLetter } = subscriber;
  // A name that is made of the address may have a number, by who came first.
  const known = isNamed ? name : address;
  const { bindings, extensions: more } = writeBindings(
    "operation",
    subscriber.bindings,
  );
  const rest: JsonObject = {
    ...details(own(options.subscribers, name)),
    ...(bindings !== undefined && { bindings }),
    ...more,
    ...extensions(subscriber),
  };
  return [
    draft(
      known,
      "receive",
      channels.add(subscriber, address),
      reply === undefined ? undefined : channels.add(reply),
      rest,
    ),
    ...slots.map((slot) => slotOperation(channels, known, slot)),
    ...deadLetter === undefined ? [] : [
      draft(
        `${known}.dead-letter`,
        "send",
        channels.add(deadLetter),
        undefined,
        {},
      ),
    ],
  ];
}

/** Adds the operations of all subscribers, and what they use. */
export function draftOperations(
  { subscribers }: Declarations,
  channels: Channels,
  options: DocumentOptions,
): readonly OperationDraft[] {
  const hidden = new Set(options.undocumented);
  return subscribers
    .filter(({ name }) => !hidden.has(name))
    .flatMap((one) => operationsOf(channels, one, options));
}

/** Writes the operations, when all else has its ids. */
export function writeOperations(
  drafts: readonly OperationDraft[],
  idOf: IdsOf,
): Readonly<Record<string, JsonObject>> {
  const ends = ({ channel, message }: Use): JsonObject => {
    const ref = `#/channels/${idOf.channel(channel)}`;
    return {
      channel: { $ref: ref },
      messages: [{ $ref: `${ref}/messages/${idOf.message(message)}` }],
    };
  };
  const operations = [...assignIds(drafts)].map((
    [{ action, use, reply, rest }, id],
  ) =>
    [id, {
      action,
      ...ends(use),
      ...(reply !== undefined && { reply: ends(reply) }),
      ...rest,
    }] as const
  );
  return sorted(Object.fromEntries(operations));
}
