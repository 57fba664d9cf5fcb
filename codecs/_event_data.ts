import {
  type Codec,
  headers,
  toUtf8,
  utf8Reader,
} from "@ruststream/core/contract";
import type { CloudEventInput } from "./cloud_event.ts";
import { mediaType } from "./_media_type.ts";

const read = utf8Reader(true);
const readJson = utf8Reader(false);
const textual = /^text\/|[/+]xml$/;

/** Whether a content type says that the data is JSON, as none does. */
export function isJson(contentType: string | undefined): boolean {
  return contentType === undefined ||
    /[/+]json$/.test(mediaType(contentType));
}

/** JSON of the data of an event. Throws what is no JSON. */
export function jsonText(data: unknown): string {
  const text: string | undefined = JSON.stringify(data);
  if (text !== undefined) return text;
  throw new TypeError(
    `Cannot encode the data of a CloudEvent as JSON: found ${typeof data}`,
  );
}

/** The bytes of data that is no JSON and no text. */
export class EventData {
  readonly #codecs: ReadonlyMap<string, Codec>;

  constructor(codecs: readonly Codec[]) {
    const named = codecs.map((codec) =>
      [mediaType(codec.contentType), codec] as const
    );
    this.#codecs = new Map(named);
  }

  #codecOf(contentType: string | undefined): Codec | undefined {
    return contentType === undefined
      ? undefined
      : this.#codecs.get(mediaType(contentType));
  }

  /** Bytes as they are, or what the codec of their content type makes of the data. */
  encode({ data, datacontenttype }: CloudEventInput): Uint8Array {
    if (data instanceof Uint8Array) return data;
    const codec = this.#codecOf(datacontenttype);
    if (codec !== undefined) return codec.encode(data).body;
    throw new TypeError(
      `Cannot encode the data of a CloudEvent: no codec has "${datacontenttype}", found ${typeof data}`,
    );
  }

  /** What the codec of the content type makes of bytes, else the bytes. */
  decode(body: Uint8Array, contentType: string | undefined): unknown {
    const codec = this.#codecOf(contentType);
    return codec === undefined
      ? body
      : codec.decode({ body, headers: headers() });
  }

  /** The data as a body of its own. */
  encodeBody(event: CloudEventInput): Uint8Array {
    const { data, datacontenttype } = event;
    if (data === undefined) return new Uint8Array();
    if (data instanceof Uint8Array) return data;
    if (isJson(datacontenttype)) return toUtf8(jsonText(data));
    return typeof data === "string" ? toUtf8(data) : this.encode(event);
  }

  /** The data that a body is. An empty one is none. */
  decodeBody(body: Uint8Array, contentType: string | undefined): unknown {
    if (body.length === 0) return undefined;
    if (isJson(contentType)) return JSON.parse(readJson(body));
    return textual.test(mediaType(contentType ?? ""))
      ? read(body)
      : this.decode(body, contentType);
  }
}
