import type { Session } from "../session.ts";
import type { RawSubscription } from "../session_types.ts";

/** Options for {@linkcode PartitionMembers}. */
export interface PartitionMembersOptions {
  readonly session: Session;
  /** What the subjects begin with that members tell each other on. */
  readonly subject: string;
  /** How long a member may be silent, in milliseconds. */
  readonly failoverMs: number;
  /** Told when somebody came or went. */
  readonly onChange: () => void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const here = encoder.encode("here");
const gone = encoder.encode("gone");
const firstLookMs = 200;

/**
 * Who reads the partitions of one consumer right now: each member says that it is there, again and again, and that it goes.
 *
 * All of them see the same names, so all of them divide alike, without anybody who decides. For a moment they may not: then two ask for one partition, and the server serves one of
 * them.
 */
export class PartitionMembers {
  readonly #options: PartitionMembersOptions;
  readonly #id: string;
  // When each was heard last.
  readonly #heard = new Map<string, number>();
  readonly #wire: RawSubscription;
  readonly #forget: () => void;
  #disarm: () => void;
  #looked = false;
  #left = false;

  constructor(options: PartitionMembersOptions) {
    const { session, subject } = options;
    this.#options = options;
    this.#id = session.inbox().split(".").at(-1) ?? "";
    this.#wire = session.subscribe(`${subject}.*`, (msg) => {
      const from = msg.subject.slice(subject.length + 1);
      if (from === this.#id) return;
      if (decoder.decode(msg.data) === "gone") this.#lose([from]);
      else this.#hear(from);
    });
    this.#forget = session.onChange((change) => {
      // Nobody could be heard meanwhile.
      if (change === "connected") {
        for (const one of this.#heard.keys()) this.#see(one);
        this.#say(here);
      }
    });
    this.#say(here);
    // Who is there answers at once. Until then all would seem to be ours.
    this.#disarm = session.clock.after(firstLookMs, () => {
      this.#looked = true;
      options.onChange();
      this.#beat();
    });
  }

  /** Whether this one is to read a partition. */
  owns(partition: number): boolean {
    if (!this.#looked || this.#left) return false;
    const all = [...this.#heard.keys(), this.#id].sort();
    return all[partition % all.length] === this.#id;
  }

  /** Goes: others take over at once. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#disarm();
    this.#forget();
    this.#wire.unsubscribe();
    this.#say(gone);
  }

  #say(what: Uint8Array): void {
    const { session, subject } = this.#options;
    if (session.connected) session.send(`${subject}.${this.#id}`, what);
  }

  #see(one: string): void {
    this.#heard.set(one, this.#options.session.clock.now());
  }

  #hear(from: string): void {
    const known = this.#heard.has(from);
    this.#see(from);
    if (known) return;
    this.#say(here);
    if (this.#looked) this.#options.onChange();
  }

  #lose(names: readonly string[]): void {
    const lost = names.filter((name) => this.#heard.delete(name));
    if (lost.length > 0 && this.#looked) this.#options.onChange();
  }

  #beat(): void {
    const { session, failoverMs } = this.#options;
    const { clock } = session;
    this.#disarm = clock.after(failoverMs / 4, () => {
      this.#say(here);
      if (session.connected) {
        const oldest = clock.now() - failoverMs;
        this.#lose(
          [...this.#heard].filter(([, at]) => at < oldest).map(([one]) => one),
        );
      }
      this.#beat();
    });
  }
}
