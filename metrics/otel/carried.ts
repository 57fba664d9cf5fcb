import {
  headers,
  type Message,
  type MessageHeaders,
} from "@ruststream/core/contract";
import { builtin } from "../builtin.ts";
import { hasField, w3c, w3cOf } from "./carrier.ts";

/** What goes through a service without a propagator: the fields of W3C, as the message at hand brought them. */
export class Carried {
  readonly #from: Pick<Message, "headers"> | undefined;
  // Looked for when something is published: most handlers never do.
  #fields: readonly (readonly [string, string])[] | undefined = undefined;
  #headers: MessageHeaders | undefined = undefined;

  /** Of a batch nothing goes through: its messages may be of many traces. */
  constructor(from: Pick<Message, "headers"> | undefined) {
    this.#from = from;
  }

  /** The same message with them, unless it has a context already. */
  put(message: Message): Message {
    const from = this.#from;
    if (from?.headers === undefined) return message;
    const fields = this.#fields ??= w3cOf(from.headers);
    if (fields.length === 0 || hasField(message, w3c)) return message;
    const all = message.headers === undefined
      ? this.#headers ??= headers(fields)
      : headers([...message.headers, ...fields]);
    return { ...message, headers: all };
  }
}

/** Which message is at hand, for whatever its handler calls. */
export class CarriedStore {
  readonly #hooks = builtin("node:async_hooks");
  readonly #own = this.#hooks && new this.#hooks.AsyncLocalStorage<Carried>();

  /** What is at hand here. Where the runtime has no asynchronous context nobody knows. */
  get current(): Carried | undefined {
    return this.#own?.getStore();
  }

  run<R>(carried: Carried, run: () => R): R {
    return this.#own === undefined ? run() : this.#own.run(carried, run);
  }
}
