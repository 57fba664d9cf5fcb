import type { Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Sink, Source } from "../contract/source.ts";
import type { Settings } from "../settings.ts";

/** Options of a mount: its settings, and where the handler reads and publishes. */
export interface MountOptions<C extends Connection, Slots extends string>
  extends Settings {
  /** Replaces where the handler reads: the same handler on another kind of subscription. By default it reads where it was defined to. */
  readonly source?: (channel: AnyChannel) => Source<C>;
  /** How the handler's slots are published. By default by the broker's default publisher. */
  readonly out?: [Slots] extends [never] ? Readonly<Record<string, never>>
    : { readonly [K in Slots]?: Sink<C> };
  /** How replies are published. By default by the broker's default publisher. */
  readonly reply?: Sink<C>;
  /** How dead letters are published. By default by the broker's default publisher. */
  readonly deadLetterSink?: Sink<C>;
}
