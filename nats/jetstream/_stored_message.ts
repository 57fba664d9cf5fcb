import type { MessageHeaders } from "@ruststream/core/contract";
import { readHeaders } from "../wire_headers.ts";
import { type Api, apiErrors, orNone } from "./_api.ts";
import type { Wire } from "./_fields.ts";

/** A message that a stream holds. */
export interface StoredMessage {
  readonly subject: string;
  /** Its number. */
  readonly seq: number;
  readonly headers: MessageHeaders | undefined;
  readonly body: Uint8Array;
  /** When it was stored. */
  readonly at: Date;
}

function bytesOf(base64: unknown): Uint8Array {
  const text = atob(base64 as string | undefined ?? "");
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The message of a stream that is asked for, as its leader has it; undefined where there is none. */
export async function storedMessage(
  api: Api,
  deed: string,
  stream: string,
  which: Wire,
  signal: AbortSignal | undefined,
): Promise<StoredMessage | undefined> {
  return await orNone([apiErrors.messageNotFound], async () => {
    const verb = `STREAM.MSG.GET.${stream}`;
    const { message } = await api.ask(deed, verb, which, signal);
    const { subject, seq, hdrs, data, time } = message as Wire;
    return {
      subject: subject as string,
      seq: seq as number,
      headers: hdrs === undefined ? undefined : readHeaders(bytesOf(hdrs)),
      body: bytesOf(data),
      at: new Date(time as string),
    };
  });
}
