import type { AnyChannel, AsyncCodec, Codec } from "@ruststream/core/contract";
import { hoist, type SchemaDraft } from "./hoist.ts";
import { assignIds, slug, type Wanting } from "./ids.ts";
import { asJson, canonical, type Json, type JsonObject } from "./json.ts";
import { payloadSchema, type ToJsonSchema, wireSchema } from "./wire_schema.ts";

/** What a document cannot show. */
export interface Gap {
  /** The address of the channel. */
  readonly address: string;
  /** Which part of its messages. */
  readonly part: "payload" | "headers" | "examples";
  /** Why. */
  readonly why: string;
}

/** A message of the document, its id not known yet. */
export interface MessageDraft extends Wanting {
  readonly title: string | undefined;
  readonly summary: string | undefined;
  readonly contentType: string;
  readonly payload: SchemaDraft | undefined;
  readonly headers: SchemaDraft | undefined;
  readonly examples: readonly Json[];
}

/** One of each kind, whoever asks. */
class Once<W extends Wanting> {
  readonly #all = new Map<string, W>();

  #keyOf({ wanted, key }: Wanting): string {
    return `${slug(wanted)}\n${key}`;
  }

  /** The one that is there already, else this one. */
  add(one: W): W {
    const key = this.#keyOf(one);
    const there = this.#all.get(key);
    if (there !== undefined) return there;
    this.#all.set(key, one);
    return one;
  }

  /** Gives out the ids, when all are there. */
  assign(): { readonly all: readonly W[]; readonly idOf: (one: W) => string } {
    const ids = assignIds(this.#all.values());
    return {
      all: [...this.#all.values()],
      idOf: (one) => ids.get(this.#all.get(this.#keyOf(one)) as W) as string,
    };
  }
}

/** The messages and schemas of a document, each once. */
export class Messages {
  readonly #messages = new Once<MessageDraft>();
  readonly #schemas = new Once<SchemaDraft>();
  readonly #gaps = new Map<string, Gap>();
  readonly #convert: ToJsonSchema | undefined;

  constructor(convert: ToJsonSchema | undefined) {
    this.#convert = convert;
  }

  /** What the document cannot show, in the order of addresses. */
  get gaps(): readonly Gap[] {
    return [...this.#gaps.entries()]
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([, gap]) => gap);
  }

  /** The message of a channel. */
  of(channel: AnyChannel, codec: Codec | AsyncCodec): MessageDraft {
    const { address, title, summary } = channel;
    const gap = (part: Gap["part"]) => (why: string): void => {
      this.#gaps.set(`${address}\n${part}\n${why}`, { address, part, why });
    };
    const wanted = slug(address);
    const payload = payloadSchema(channel.payload, codec, this.#convert);
    if (payload.gap !== undefined) gap("payload")(payload.gap);
    const headers = channel.headers === undefined
      ? {}
      : wireSchema(channel.headers, this.#convert);
    if (headers.gap !== undefined) gap("headers")(headers.gap);
    const parts = {
      payload: this.#hoist(payload.schema, `${wanted}.payload`, gap("payload")),
      headers: this.#hoist(headers.schema, `${wanted}.headers`, gap("headers")),
    };
    const named = payload.schema?.title;
    const told = {
      title: typeof named === "string" ? named : title,
      summary,
      contentType: codec.contentType,
      examples: examplesOf(channel, gap("examples")),
    };
    const ofPayload = parts.payload?.wanted;
    return this.#messages.add({
      ...told,
      ...parts,
      // A payload with a name of its own gives it to the message.
      wanted: ofPayload === undefined || ofPayload === `${wanted}.payload`
        ? wanted
        : ofPayload,
      key: canonical([
        told,
        [parts.payload, parts.headers].map((part) =>
          part === undefined ? null : [part.wanted, part.key]
        ),
      ]),
    });
  }

  #hoist(
    schema: JsonObject | undefined,
    wanted: string,
    gap: (why: string) => void,
  ): SchemaDraft | undefined {
    if (schema === undefined) return undefined;
    const { root, all } = hoist(schema, wanted, gap);
    for (const draft of all) this.#schemas.add(draft);
    return root;
  }

  /** Writes them, when all are there. */
  write(): {
    readonly idOf: (message: MessageDraft) => string;
    readonly messages: Readonly<Record<string, JsonObject>>;
    readonly schemas: Readonly<Record<string, Json>>;
  } {
    const schemas = this.#schemas.assign();
    const messages = this.#messages.assign();
    const refTo = (draft: SchemaDraft): JsonObject => ({
      $ref: `#/components/schemas/${schemas.idOf(draft)}`,
    });
    return {
      idOf: messages.idOf,
      schemas: Object.fromEntries(
        schemas.all.map((one) => [schemas.idOf(one), one.build(schemas.idOf)]),
      ),
      messages: Object.fromEntries(messages.all.map((one) => {
        const { title, summary, contentType, payload, headers, examples } = one;
        const id = messages.idOf(one);
        return [id, {
          name: id,
          ...(title !== undefined && { title }),
          ...(summary !== undefined && { summary }),
          contentType,
          ...(headers !== undefined && { headers: refTo(headers) }),
          ...(payload !== undefined && { payload: refTo(payload) }),
          ...(examples.length > 0 &&
            { examples: examples.map((example) => ({ payload: example })) }),
        }];
      })),
    };
  }
}

function examplesOf(
  { examples = [] }: AnyChannel,
  gap: (why: string) => void,
): readonly Json[] {
  return examples.flatMap((example: unknown, index) => {
    try {
      if (!ArrayBuffer.isView(example)) return [asJson(example)];
      gap(`example ${index} is bytes, which JSON cannot hold`);
    } catch {
      gap(`example ${index} holds what JSON cannot`);
    }
    return [];
  });
}
