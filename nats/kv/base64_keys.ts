import type { KeyCodec } from "./bucket_options.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Keys of any text: each token in Base64 of its UTF-8, with `-` for `+`, which no key may have. ASCII is written as the codec of `@nats-io/kv` does.
 *
 * @example A key that could not be one
 * ```ts
 * import assert from "node:assert/strict";
 * import { base64Keys, bucket, keyValue, natsBroker } from "@ruststream/nats";
 * import { type } from "@ruststream/core";
 *
 * const mails = bucket("mails", { payload: type<number>(), keyCodec: base64Keys });
 * const broker = await natsBroker().inProcess();
 * await using connection = await broker.connect();
 * const counts = await keyValue(connection, mails);
 * await counts.put("zoë@example", 3);
 * assert.deepEqual(await Array.fromAsync(counts.keys()), ["zoë@example"]);
 * ```
 */
export const base64Keys: KeyCodec = Object.freeze({
  encode(token: string): string {
    const bytes = encoder.encode(token);
    const text = Array.from(bytes, (one) => String.fromCharCode(one)).join("");
    return btoa(text).replaceAll("+", "-");
  },
  decode(written: string): string {
    const text = atob(written.replaceAll("-", "+"));
    return decoder.decode(
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    );
  },
});
