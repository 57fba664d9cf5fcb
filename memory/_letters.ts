import {
  checkBody,
  deliveredHeaders,
  headers,
  type Message,
} from "@ruststream/core/contract";
import { BodyCopier } from "./_body_copier.ts";
import { Letter } from "./_delivery.ts";
import type { Session } from "./_session.ts";
import type { Settings } from "./_settings.ts";

/** Checks what one connection publishes, and copies it. */
export class LetterMaker {
  readonly #settings: Settings;
  readonly #session: Session;
  readonly #copier = new BodyCopier();

  constructor(settings: Settings, session: Session) {
    this.#settings = settings;
    this.#session = session;
  }

  /** Makes a letter that is gone soon. */
  make(message: Message, replyTo?: string): Letter {
    // What a log keeps for long must not keep the bodies of its neighbours too.
    return this.#settings.retain === undefined
      ? this.#make(message, replyTo, (body) => this.#copier.copy(body))
      : this.makeLasting(message, replyTo);
  }

  /** Makes a letter that is kept. */
  makeLasting(message: Message, replyTo?: string): Letter {
    return this.#make(message, replyTo, (body) => new Uint8Array(body));
  }

  // The one copy: callers may use theirs again, and everyone who gets the message reads this one.
  #make(
    message: Message,
    replyTo: string | undefined,
    copied: (body: Uint8Array) => Uint8Array,
  ): Letter {
    checkBody(message, this.#settings);
    const { address, body, key } = message;
    const bytes = copied(body);
    const copy: Message = message.headers === undefined && key === undefined
      ? { address, body: bytes }
      : {
        address,
        body: bytes,
        ...(message.headers &&
          { headers: deliveredHeaders(headers(message.headers)) }),
        ...(key !== undefined && { key }),
      };
    return new Letter(copy, replyTo, this.#session.clock.now());
  }
}
