import type { AnyChannel, AsyncCodec, Codec } from "@ruststream/core/contract";
import { correlationDraft, usualCorrelation } from "./carried.ts";
import { toldDetails } from "./details.ts";
import { hoist, type SchemaDraft } from "./hoist.ts";
import { assignIds, keyed, slug, type Wanting } from "./ids.ts";
import {
  asJson,
  canonical,
  isObject,
  type Json,
  type JsonObject,
  own as ownOf,
  pointerStep,
  tooDeepAt,
} from "./json.ts";
import type { DocumentOptions } from "./options.ts";
import { deepestPart, payloadSchema, wireSchema } from "./wire_schema.ts";

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
  /** What is said of it in words. */
  readonly told: JsonObject;
  readonly bindings: JsonObject;
  readonly contentType: string;
  readonly payload: SchemaDraft | undefined;
  /** Each of them holds. */
  readonly headers: readonly SchemaDraft[];
  /** The header that all messages have in common which come of one. */
  readonly correlation: string | undefined;
  readonly examples: readonly Json[];
}

/** A message that was asked for. */
interface Asked {
  readonly codec: Codec | AsyncCodec;
  readonly carried: SchemaDraft | undefined;
  readonly where: string;
  readonly message: MessageDraft;
}

/** The one among them that says the same. */
function like<W extends Wanting>(one: W, named: readonly W[]): W | undefined {
  return named.includes(one) ? one : named.find(({ key }) => key === one.key);
}

/** One of each kind, whoever asks. */
class Once<W extends Wanting> {
  /** By what they want to be called: only who shares that has to be compared. */
  readonly #byName = new Map<string, W[]>();

  /** The one that is there already, else this one. */
  add(one: W): W {
    const name = slug(one.wanted);
    const named = this.#byName.get(name);
    if (named === undefined) {
      this.#byName.set(name, [one]);
      return one;
    }
    const there = like(one, named);
    if (there !== undefined) return there;
    named.push(one);
    return one;
  }

  /** Gives out the ids, when all are there. */
  assign(): { readonly all: readonly W[]; readonly idOf: (one: W) => string } {
    const all = [...this.#byName.values()].flat();
    const ids = assignIds(all);
    const first = (one: W): W =>
      like(one, this.#byName.get(slug(one.wanted)) ?? []) as W;
    return {
      all,
      idOf: (one) => ids.get(one) ?? ids.get(first(one)) as string,
    };
  }
}

/** The messages and schemas of a document, each once. */
export class Messages {
  readonly #messages = new Once<MessageDraft>();
  readonly #schemas = new Once<SchemaDraft>();
  readonly #gaps = new Map<string, Gap>();
  readonly #options: DocumentOptions;
  readonly #correlation: SchemaDraft | undefined;
  /** What was asked before: many publish to one channel, and schemas take their time to say themselves. */
  readonly #asked = new Map<AnyChannel, Asked[]>();

  constructor(options: DocumentOptions) {
    this.#options = options;
    const { correlationHeader: header } = options;
    this.#correlation = header === undefined
      ? undefined
      : correlationDraft(header);
  }

  /** What the document cannot show, in the order of addresses. */
  get gaps(): readonly Gap[] {
    return [...this.#gaps.entries()]
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([, gap]) => gap);
  }

  /**
   * The message of a channel.
   *
   * @param carried What its headers hold beside what the channel declares.
   * @param where The address where it is, which may not be the channel's own.
   */
  of(
    channel: AnyChannel,
    codec: Codec | AsyncCodec,
    carried: SchemaDraft | undefined,
    where: string,
  ): MessageDraft {
    const asked = this.#asked.get(channel) ?? [];
    const there = asked.find((one) =>
      one.codec === codec && one.where === where && one.carried === carried
    );
    if (there !== undefined) return there.message;
    const message = this.#make(channel, codec, carried, where);
    this.#asked.set(channel, [...asked, { codec, carried, where, message }]);
    return message;
  }

  #make(
    channel: AnyChannel,
    codec: Codec | AsyncCodec,
    carried: SchemaDraft | undefined,
    where: string,
  ): MessageDraft {
    const { address, title, summary } = channel;
    const { jsonSchema: convert, correlationHeader } = this.#options;
    const gap = (part: Gap["part"]) => (why: string): void => {
      this.#gaps.set(`${address}\n${part}\n${why}`, { address, part, why });
    };
    const wanted = slug(address);
    const payload = payloadSchema(channel.payload, codec, convert);
    if (payload.gap !== undefined) gap("payload")(payload.gap);
    const headers = channel.headers === undefined
      ? {}
      : wireSchema(channel.headers, convert);
    if (headers.gap !== undefined) gap("headers")(headers.gap);
    const own = this.#hoist(
      headers.schema,
      `${wanted}.headers`,
      gap("headers"),
    );
    const declares = (header: string): boolean =>
      isObject(headers.schema?.properties) &&
      Object.hasOwn(headers.schema.properties, header);
    const added = correlationHeader !== undefined && declares(correlationHeader)
      ? undefined
      : this.#correlation;
    const parts = {
      payload: this.#hoist(payload.schema, `${wanted}.payload`, gap("payload")),
      headers: [own, carried, added].filter((one) => one !== undefined),
    };
    for (const draft of parts.headers) this.#schemas.add(draft);
    const named = payload.schema?.title;
    const { told, bindings } = toldDetails(
      "message",
      ownOf(this.#options.channels, where)?.message,
    );
    const said = {
      told: asJson({
        title: typeof named === "string" ? named : title,
        summary,
        ...told,
      }) as JsonObject,
      bindings,
      contentType: codec.contentType,
      examples: examplesOf(channel, gap("examples")),
      correlation: correlationHeader ??
        (declares(usualCorrelation) ? usualCorrelation : undefined),
    };
    const ofPayload = parts.payload?.wanted;
    const draft = {
      ...said,
      ...parts,
      // A payload with a name of its own gives it to the message.
      wanted: ofPayload === undefined || ofPayload === `${wanted}.payload`
        ? wanted
        : ofPayload,
    };
    return this.#messages.add(keyed(draft, () =>
      canonical([
        said,
        [parts.payload, ...parts.headers].map((part) =>
          part === undefined ? null : [part.wanted, part.key]
        ),
      ])));
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
        const { told, bindings, contentType, payload, examples } = one;
        const id = messages.idOf(one);
        return [id, {
          name: id,
          ...told,
          contentType,
          ...headersOf(one, refTo),
          ...(payload !== undefined && { payload: refTo(payload) }),
          ...(examples.length > 0 &&
            { examples: examples.map((example) => ({ payload: example })) }),
          ...bindings,
        }];
      })),
    };
  }
}

/** The headers of a message, and which of them ties it to others. */
function headersOf(
  { headers, correlation }: MessageDraft,
  refTo: (draft: SchemaDraft) => JsonObject,
): JsonObject {
  const [first, ...others] = headers.map(refTo);
  return {
    ...(first !== undefined && {
      headers: others.length === 0
        ? first
        : { type: "object", allOf: [first, ...others] },
    }),
    ...(correlation !== undefined && {
      correlationId: {
        location: `$message.header#/${pointerStep(correlation)}`,
      },
    }),
  };
}

function examplesOf(
  { examples = [] }: AnyChannel,
  gap: (why: string) => void,
): readonly Json[] {
  return examples.flatMap((example: unknown, index) => {
    try {
      if (ArrayBuffer.isView(example)) {
        gap(`example ${index} is bytes, which JSON cannot hold`);
        return [];
      }
      const said = asJson(example);
      if (tooDeepAt(said, deepestPart) === undefined) return [said];
      gap(`example ${index} is more than ${deepestPart} levels deep`);
    } catch {
      gap(`example ${index} holds what JSON cannot`);
    }
    return [];
  });
}
