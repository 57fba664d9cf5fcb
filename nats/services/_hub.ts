import type { Session } from "../session.ts";
import { Instance, type ServiceSaid } from "./_instance.ts";
import { Requests } from "./_requests.ts";

interface Known {
  readonly instance: Instance;
  /** All that it says of itself. */
  readonly said: string;
}

/** The services of one connection. */
export class Hub {
  static readonly #hubs: WeakMap<Session, Hub> = new WeakMap();
  readonly #session: Session;
  readonly #requests = new Requests();
  readonly #instances = new Map<string, Known>();

  private constructor(session: Session) {
    this.#session = session;
    session.onPublish = this.#requests.published;
    session.onChange((change) => {
      if (change === "closed") this.#requests.clear();
    });
  }

  /** The one of a session. */
  static of(session: Session): Hub {
    const found = this.#hubs.get(session);
    if (found !== undefined) return found;
    const hub = new Hub(session);
    this.#hubs.set(session, hub);
    return hub;
  }

  /** The instance of a service; undefined where nothing of it was opened. */
  static find(session: Session, said: ServiceSaid): Instance | undefined {
    const hub = this.#hubs.get(session);
    if (hub === undefined) return undefined;
    return hub.#instances.get(keyOf(said))?.instance;
  }

  /**
   * The instance of a service: one for all that have its name and version.
   *
   * @throws {TypeError} If that says something else of itself.
   */
  instance(said: ServiceSaid): Instance {
    const { description, metadata } = said;
    const more = Object.entries(metadata).toSorted();
    const text = JSON.stringify([description, more]);
    const key = keyOf(said);
    const known = this.#instances.get(key);
    if (known === undefined) {
      const instance = new Instance(this.#session, said, this.#requests);
      this.#instances.set(key, { instance, said: text });
      return instance;
    }
    if (known.said === text) return known.instance;
    throw new TypeError(
      `Cannot open service "${said.name}" ${said.version}: it is on this connection already, with another description or other metadata; give one another name or version`,
    );
  }
}

/** Versions of one service may live side by side. */
function keyOf({ name, version }: ServiceSaid): string {
  return `${name} ${version}`;
}
