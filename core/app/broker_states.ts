import type { BrokerEvent, Connection } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";

/** How a broker of an application is, and since when. */
export interface BrokerStatus {
  /** Its name. */
  readonly name: string;
  /** The state of its connection; `connecting` before there is one. */
  readonly state: "connecting" | Connection["state"];
  /** When it came into that state. */
  readonly since: Date;
}

interface Entry {
  connection: Connection | undefined;
  state: BrokerStatus["state"];
  since: number;
}

/** The brokers that a start has come to, in order, with the time of each change. */
export class BrokerStates {
  readonly #clock: Pick<Clock, "now">;
  readonly #entries: Map<string, Entry> = new Map();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** A broker is being connected. */
  begin(name: string): void {
    const since = this.#clock.now();
    this.#entries.set(name, {
      connection: undefined,
      state: "connecting",
      since,
    });
  }

  /** It is connected. */
  opened(name: string, connection: Connection): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.connection = connection;
    this.#look(entry);
    void connection.closed.then(() => this.#look(entry));
  }

  /** It said something: that may be a change, and this is its time. */
  told(name: string, { kind }: BrokerEvent): void {
    const entry = this.#entries.get(name);
    if (kind !== "connected" && kind !== "disconnected") return;
    if (entry !== undefined) this.#look(entry);
  }

  /** How each of them is now, without asking one. */
  all(): readonly BrokerStatus[] {
    return [...this.#entries].map(([name, entry]) => {
      const { state, since } = this.#look(entry);
      return { name, state, since: new Date(since) };
    });
  }

  #look(entry: Entry): Entry {
    const { state = "connecting" } = entry.connection ?? {};
    if (state !== entry.state) {
      entry.state = state;
      entry.since = this.#clock.now();
    }
    return entry;
  }
}
