import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Publisher, Transacts } from "../contract/publisher.ts";
import type { Sink, Source } from "../contract/source.ts";
import type { Settings } from "../settings.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** How something declared is published: by a sink of the mount's own broker, or on another broker of the application. */
export type SinkOf<C extends Connection, Needs = unknown> =
  | Sink<C, Publisher & Needs>
  | Elsewhere<Publisher & Needs>;

/** How each slot of a handler is published. */
export type SlotSinks<C extends Connection, Slots> = {
  readonly [K in keyof Slots]?: SinkOf<C, Slots[K]>;
};

/** How one slot is published; undefined where the mount says nothing of it. */
export function sinkOf(
  { out }: MountOptions<Connection>,
  slot: string,
): SinkOf<Connection> | undefined {
  const sinks: Readonly<Record<string, SinkOf<Connection>>> = out ?? {};
  // A slot may have a name that all objects have.
  return Object.hasOwn(sinks, slot) ? sinks[slot] : undefined;
}

/** Options of a mount: its settings, and where the handler reads and publishes. */
export interface MountOptions<C extends Connection, Slots = unknown>
  extends Settings {
  /** Names the subscriber here, in the place of its own name: to mount it more than once. By default it keeps its own. */
  readonly name?: string;
  /** Replaces where the handler reads: the same handler on another kind of subscription. By default it reads where it was defined to. */
  readonly source?: (channel: AnyChannel) => Source<C>;
  /** How the handler's slots are published. By default by the broker's default publisher. */
  readonly out?: [keyof Slots] extends [never] ? Readonly<Record<string, never>>
    : SlotSinks<C, Slots>;
  /** By what the transactions of a batch subscriber are begun, its slots and replies with them. By default by the broker's default publisher. */
  readonly transaction?: SinkOf<C, Transacts>;
  /** How replies are published. By default by the broker's default publisher. */
  readonly reply?: SinkOf<C>;
  /** How dead letters are published. By default by the broker's default publisher. */
  readonly deadLetterSink?: SinkOf<C>;
}
