import { MessagingError } from "@ruststream/core/contract";
import { Api } from "./_api.ts";
import type { Session } from "../session.ts";
import { Settler } from "./_settler.ts";

/** What ends with its connection at the latest, and takes itself out of the list when it ends. */
export interface Opened {
  /** Takes no more, so that what another gives back does not come here. */
  stop(): unknown;
  /** Gives back what is not settled. */
  end(): Promise<void>;
}

/** What all of JetStream on one connection shares. */
export class Hub {
  readonly session: Session;
  readonly api: Api;
  readonly settler: Settler;
  readonly opened: Set<Opened> = new Set();
  #publishing = 0;
  #rested: (() => void) | undefined;

  private constructor(session: Session) {
    this.session = session;
    this.api = new Api(session);
    this.settler = new Settler(session);
    session.atShutdown.add(() => this.#end());
    session.onChange((change) => {
      if (change === "connected") this.settler.flush();
    });
  }

  static readonly #hubs: WeakMap<Session, Hub> = new WeakMap();

  /** The one of a session. */
  static of(session: Session): Hub {
    const found = this.#hubs.get(session);
    if (found !== undefined) return found;
    const hub = new Hub(session);
    this.#hubs.set(session, hub);
    return hub;
  }

  /** A publish waits for its confirmation, until {@linkcode published}. */
  publishes(): void {
    this.#publishing++;
  }

  published(): void {
    if (--this.#publishing === 0) this.#rested?.();
  }

  /** Refuses what needs the connection once it is closed. */
  checkOpen(deed: string): void {
    if (!this.session.closed) return;
    throw new MessagingError(
      "closed",
      `Cannot ${deed}: the connection is closed`,
    );
  }

  async #end(): Promise<void> {
    const opened = [...this.opened];
    await Promise.all(opened.map((one) => one.stop()));
    await Promise.all(opened.map((one) => one.end()));
    this.settler.flush();
    if (this.#publishing > 0) {
      await new Promise<void>((resolve) => this.#rested = resolve);
    }
    const { waiting } = this.settler;
    if (waiting === 0) return;
    this.session.report({
      kind: "dropped",
      count: waiting,
      detail:
        "The connection was down at its end: settlements were not sent, and their deliveries come back",
    });
  }
}
