import { type Entry, type Fields, fieldsOf, type Reader } from "./reader.ts";

/** What an operation, or its reply, is about. */
export interface Use {
  readonly channel: Entry | undefined;
  readonly messages: readonly Entry[];
}

/** What one operation uses. */
export interface OperationUse extends Use {
  readonly operation: Entry;
  readonly isSending: boolean;
  readonly reply: (Use & { readonly fields: Fields }) | undefined;
}

/** Who uses what, found once for the whole page. */
export class Uses {
  readonly all: readonly OperationUse[];
  readonly #reader: Reader;
  readonly #byThing = new Map<Entry, OperationUse[]>();
  readonly #byReply = new Map<Entry, Entry[]>();

  constructor(reader: Reader) {
    this.#reader = reader;
    this.all = reader.all("operation").map((operation) => {
      const { fields } = operation;
      const reply = fields.reply === undefined
        ? undefined
        : fieldsOf(reader.resolved(fields.reply));
      return {
        operation,
        isSending: fields.action === "send",
        ...this.#useOf(fields),
        reply: reply && { fields: reply, ...this.#useOf(reply) },
      };
    });
    for (const use of this.all) {
      const things = new Set([...use.messages, use.channel]);
      for (const thing of things) add(this.#byThing, thing, use);
      const answers = new Set([
        ...use.reply?.messages ?? [],
        use.reply?.channel,
      ]);
      for (const thing of answers) add(this.#byReply, thing, use.operation);
    }
  }

  /** The operations that take a message, or read a channel. */
  takers(thing: Entry): readonly Entry[] {
    return this.#operations(thing, false);
  }

  /** The operations that send a message, or to a channel. */
  senders(thing: Entry): readonly Entry[] {
    return this.#operations(thing, true);
  }

  /** The operations that have a message or channel for answers. */
  answerers(thing: Entry): readonly Entry[] {
    return this.#byReply.get(thing) ?? [];
  }

  #operations(thing: Entry, isSending: boolean): readonly Entry[] {
    return (this.#byThing.get(thing) ?? [])
      .filter((use) => use.isSending === isSending)
      .map(({ operation }) => operation);
  }

  /** The messages that are named, else all of the channel. */
  #useOf(fields: Fields): Use {
    const channel = this.#reader.entryOf(fields.channel, "channel");
    const messages = fields.messages === undefined && channel !== undefined
      ? this.#reader.messagesOf(channel)
      : this.#reader.entriesOf(fields.messages, "message");
    return { channel, messages };
  }
}

function add<K, V>(lists: Map<K, V[]>, key: K | undefined, value: V): void {
  if (key === undefined) return;
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
