import type { DeclaredMessages } from "@ruststream/core";
import { type AddressPattern, parseAddress } from "@ruststream/core/contract";
import type { Carried } from "./carried.ts";
import { toldDetails } from "./details.ts";
import type { SchemaDraft } from "./hoist.ts";
import { assignIds, slug, type Wanting } from "./ids.ts";
import { asJson, type JsonObject, own, sorted } from "./json.ts";
import type { MessageDraft, Messages } from "./messages.ts";
import type { DocumentOptions } from "./options.ts";

/** A channel of the document, its id not known yet. */
export interface ChannelDraft extends Wanting {
  readonly broker: string;
  /** Undefined where the address is known only at run time. */
  readonly pattern: AddressPattern | undefined;
  readonly titles: Set<string>;
  readonly summaries: Set<string>;
  readonly messages: Set<MessageDraft>;
}

/** A channel, and one message on it: what an operation refers to. */
export interface Use {
  readonly channel: ChannelDraft;
  readonly message: MessageDraft;
}

/** The channels of a document, each once for all who read it and publish to it. */
export class Channels {
  readonly #all = new Map<string, ChannelDraft>();
  readonly #messages: Messages;
  readonly #carried: Carried;

  constructor(messages: Messages, carried: Carried) {
    this.#messages = messages;
    this.#carried = carried;
  }

  /**
   * Adds messages of a channel.
   *
   * @param address Where they are, if it is not the channel's own address.
   */
  add(
    { channel, codec, broker }: DeclaredMessages,
    address: string = channel.address,
  ): Use {
    const draft = this.#draft(broker, address, slug(address), address);
    if (channel.title !== undefined) draft.titles.add(channel.title);
    if (channel.summary !== undefined) draft.summaries.add(channel.summary);
    const carried = this.#carried.at(broker, address);
    return this.#use(draft, { channel, codec, broker }, carried);
  }

  /** Adds a channel for answers to one who asked, whose address is made when it asks. */
  addInbox(answers: DeclaredMessages, wanted: string): Use {
    const key = `inbox ${wanted}`;
    const draft = this.#draft(answers.broker, key, wanted, undefined);
    return this.#use(draft, answers, undefined);
  }

  #draft(
    broker: string,
    name: string,
    wanted: string,
    address: string | undefined,
  ): ChannelDraft {
    const key = `${broker}\n${name}`;
    const there = this.#all.get(key);
    if (there !== undefined) return there;
    const draft: ChannelDraft = {
      wanted,
      key,
      broker,
      pattern: address === undefined ? undefined : parseAddress(address),
      titles: new Set(),
      summaries: new Set(),
      messages: new Set(),
    };
    this.#all.set(key, draft);
    return draft;
  }

  #use(
    draft: ChannelDraft,
    { channel, codec }: DeclaredMessages,
    carried: SchemaDraft | undefined,
  ): Use {
    const address = draft.pattern?.template ?? "";
    const message = this.#messages.of(channel, codec, carried, address);
    draft.messages.add(message);
    return { channel: draft, message };
  }

  /** Writes them, when all are there. */
  write(
    messageId: (message: MessageDraft) => string,
    serverIds: (broker: string) => readonly string[],
    options: DocumentOptions,
  ): {
    readonly idOf: (channel: ChannelDraft) => string;
    readonly channels: Readonly<Record<string, JsonObject>>;
  } {
    const ids = assignIds(this.#all.values());
    const channels = [...ids].map(([draft, id]) => {
      const { message: _message, ...more } =
        own(options.channels, draft.pattern?.template ?? "") ?? {};
      const { told, bindings } = toldDetails("channel", more);
      return [id, {
        ...ofAddress(draft, options),
        ...smallest("title", draft.titles),
        ...smallest("summary", draft.summaries),
        ...told,
        servers: serverIds(draft.broker).map((server) => ({
          $ref: `#/servers/${server}`,
        })),
        messages: sorted(Object.fromEntries(
          [...draft.messages].map(messageId).map((message) => [
            message,
            { $ref: `#/components/messages/${message}` },
          ]),
        )),
        ...bindings,
      }] as const;
    });
    return {
      idOf: (channel) => ids.get(channel) as string,
      channels: sorted(Object.fromEntries(channels)),
    };
  }
}

/** Several who declare one address may call it differently: the choice must not depend on who came first. */
function smallest(name: string, texts: ReadonlySet<string>): JsonObject {
  const [first] = [...texts].sort();
  return first === undefined ? {} : { [name]: first };
}

function ofAddress(
  { pattern }: ChannelDraft,
  { parameters = {} }: DocumentOptions,
): JsonObject {
  if (pattern === undefined) return { address: null };
  const texts: string[] = [];
  const described = new Map<string, JsonObject>();
  let isMany = false;
  for (const token of pattern.tokens) {
    if (token.kind === "literal") {
      texts.push(token.text);
      continue;
    }
    texts.push(`{${token.name}}`);
    isMany ||= token.kind === "many";
    described.set(token.name, {
      ...(token.kind === "many" &&
        { description: "One token or more, joined by dots." }),
      ...asJson(own(parameters, token.name) ?? {}) as JsonObject,
    });
  }
  return {
    address: texts.join("."),
    // AsyncAPI has one kind of parameter only.
    ...(isMany && { "x-ruststream-address": pattern.template }),
    ...(described.size > 0 && { parameters: Object.fromEntries(described) }),
  };
}
