import { headers } from "../contract/headers.ts";
import type { Message } from "../contract/message.ts";
import type { Declared } from "./declared.ts";

/** A body as it can be shown: what it decodes to, else text, else base64. */
export type BodyView =
  | { readonly body: unknown }
  | { readonly text: string }
  | { readonly base64: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What can be written of it as JSON, and what JSON has no word for in another one. */
export function asJson(value: unknown, space?: number): string | undefined {
  return JSON.stringify(
    value,
    (_name, one: unknown) =>
      typeof one === "bigint"
        ? String(one)
        : one instanceof Uint8Array
        ? base64Of(one)
        : one,
    space,
  );
}

/** Bytes as base64. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Shows a body: decoded by the first of the channels that can. */
export async function viewBody(
  message: Pick<Message, "body" | "headers">,
  declared: readonly Pick<Declared, "codec">[] = [],
): Promise<BodyView> {
  const { body } = message;
  for (const { codec } of declared) {
    try {
      return viewPayload(
        await codec.decode({ body, headers: message.headers ?? headers() }),
      );
    } catch {
      // It may be text all the same.
    }
  }
  return viewBytes(body);
}

/** Shows what was decoded. */
export function viewPayload(value: unknown): BodyView {
  if (value instanceof Uint8Array) return viewBytes(value);
  if (typeof value === "string") return { text: value };
  return { body: value };
}

function viewBytes(body: Uint8Array): BodyView {
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    return { base64: base64Of(body) };
  }
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { text };
  }
}

/** It, on one line or several. */
export function bodyText(view: BodyView, space?: number): string {
  if ("text" in view) return view.text;
  return "base64" in view ? view.base64 : asJson(view.body, space) ?? "";
}
