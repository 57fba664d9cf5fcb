import type { Session } from "../session.ts";

const most = 512;

interface Token {
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** Sends settlements: those of one turn of the event loop in one write, and only while the connection is there. */
export class Settler {
  readonly #session: Session;
  #queue: Token[] = [];
  #waits = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** How many were not sent yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  push(subject: string, bytes: Uint8Array): void {
    const session = this.#session;
    // None may overtake those that wait. At once is as good as later here: it leaves with the next request for messages.
    if (
      session.corks && session.connected && this.#queue.length === 0 &&
      session.send(subject, bytes)
    ) return;
    if (this.#queue.push({ subject, bytes }) >= most) this.flush();
    else if (!this.#waits) {
      this.#waits = true;
      void session.clock.turn().then(() => {
        this.#waits = false;
        this.flush();
      });
    }
  }

  /** Sends all of them, if the connection is there; else they stay for the next flush. */
  flush(): void {
    const tokens = this.#queue;
    if (!this.#session.connected || tokens.length === 0) return;
    this.#queue = [];
    for (const token of tokens) {
      if (!this.#session.send(token.subject, token.bytes)) {
        this.#queue.push(token);
      }
    }
  }
}
