import {
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";

/** How NATS services say that a request failed: in words, and as a number. */
const serviceError = "Nats-Service-Error";
const serviceErrorCode = "Nats-Service-Error-Code";

/** How the runtime says it. */
const runtimeError = "ruststream-error";
const runtimeErrorText = "ruststream-error-message";

/** The failure of a request. */
export interface ServiceFailure {
  readonly code: string;
  readonly text: string;
}

/** The message of an error that has a code, by which it is known again where only its text has come. */
export function coded(code: number, text: string): string {
  return `[${code}] ${text}`;
}

const codedError = /^ServiceError: \[(\d+)\] (.*)$/s;

/** What a handler threw, of what the runtime writes of it: without a code of its own it is 500. */
export function failureOfText(text: string): ServiceFailure {
  const [, code, own] = codedError.exec(text) ?? [];
  return code === undefined || own === undefined
    ? { code: "500", text }
    : { code, text: own };
}

/** Which failure a message tells of, if it does. */
export function failureOf(
  { headers }: Pick<Message, "headers">,
): ServiceFailure | undefined {
  const code = headers?.get(serviceErrorCode);
  const text = headers?.get(serviceError);
  // Who looks for one of them only must not be told that all went well.
  if (!code && !text) return undefined;
  return { code: code || "500", text: text || code || "" };
}

/** A failure reply of the runtime, which says the same in the words of NATS services. Other messages stay as they are. */
export function withServiceError(message: Message): Message {
  const { body, headers: fields } = message;
  // A failure reply has nothing but headers: most messages are not looked at.
  if (body.length > 0 || fields === undefined) return message;
  const code = fields.get(runtimeError);
  if (code === undefined || fields.has(serviceErrorCode)) return message;
  const text = fields.get(runtimeErrorText) ?? "";
  const found = failureOfText(text);
  const own = found.text !== text;
  return {
    ...message,
    headers: headers([
      ...besides(fields, [runtimeError, runtimeErrorText]),
      // Whoever asks by this framework is told the code too.
      [runtimeError, own ? found.code : code],
      [runtimeErrorText, found.text],
      [serviceErrorCode, found.code],
      [serviceError, found.text || code],
    ]),
  };
}

/** A reply of a NATS service, which says the same in the runtime's words where it tells of a failure. Others stay as they are. */
export function withRemoteError(message: Message): Message {
  const { headers: fields } = message;
  if (fields === undefined || fields.has(runtimeError)) return message;
  const failure = failureOf(message);
  if (failure === undefined) return message;
  return {
    ...message,
    headers: new MoreHeaders(fields, [
      [runtimeError, failure.code],
      [runtimeErrorText, failure.text],
    ]),
  };
}

/** Headers that came, and some more: what came may be nothing that could be sent. */
class MoreHeaders implements MessageHeaders {
  readonly #came: MessageHeaders;
  readonly #more: readonly (readonly [string, string])[];

  constructor(
    came: MessageHeaders,
    more: readonly (readonly [string, string])[],
  ) {
    this.#came = came;
    this.#more = more;
  }

  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    const more = this.#more.filter(([field]) => field === wanted);
    return [...this.#came.getAll(name), ...more.map(([, value]) => value)];
  }

  has(name: string): boolean {
    return this.getAll(name).length > 0;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return [...this.#came, ...this.#more].values();
  }
}

function besides(
  fields: MessageHeaders,
  names: readonly string[],
): readonly (readonly [string, string])[] {
  return [...fields].filter(([name]) => !names.includes(name.toLowerCase()));
}
