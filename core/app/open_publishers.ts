import type { Broker, Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { RawPublisher } from "../publish/erased_publisher.ts";
import type { Notice, Observer } from "../observe.ts";
import { Namer, type RandomIds, sharedBy } from "../publish/message_id.ts";
import {
  composeLayers,
  observedLayers,
  type PublishTarget,
} from "../publish/publish_middleware.ts";
import { isElsewhere } from "./elsewhere.ts";
import type { Track } from "../publish/request.ts";
import type { SinkOf } from "./mount_options.ts";
import type { PlannedSubscriber } from "./planned.ts";

/** What opening is done with. */
export interface Opening {
  readonly broker: Broker;
  readonly connection: Connection;
  /** All of the application's, by the broker's name. */
  readonly connections: ReadonlyMap<string, Connection>;
  readonly observer: Observer | undefined;
  /** What becomes of a subscription that ends by itself. */
  readonly onLost: "stop" | "retry";
  readonly clock: Clock;
  /** What the application is called. */
  readonly title: string;
  /** Told of each request that is open. */
  readonly track: Track;
  /** Names what is published for nothing. */
  readonly random: RandomIds;
  /** The names of brokers that carry no headers. */
  readonly headerless: ReadonlySet<string>;
  notice(notice: Notice): void;
}

/** Opens what something declared is published by. */
export async function openSink(
  { connection, connections }: Opening,
  sink: SinkOf<Connection> | undefined,
): Promise<Publisher> {
  if (sink === undefined) return connection.publisher;
  if (!isElsewhere(sink)) return await sink.open(connection);
  // The plan has refused a broker that the application does not have.
  const other = connections.get(sink.broker) as Connection;
  return sink.sink === undefined
    ? other.publisher
    : await sink.sink.open(other as never);
}

function brokerOf(
  { broker }: Opening,
  sink: SinkOf<Connection> | undefined,
): string {
  return isElsewhere(sink) ? sink.broker : broker.name;
}

/** Gives ids to what a subscriber publishes by one of its slots; undefined where nobody does. */
export function namerOf(
  opening: Opening,
  { name, policy, guarantees }: PlannedSubscriber,
  sink: SinkOf<Connection> | undefined,
  slot: string,
): Namer | undefined {
  const { random, title, headerless } = opening;
  if (!policy.messageIds || headerless.has(brokerOf(opening, sink))) {
    return undefined;
  }
  return new Namer(
    random,
    title,
    name,
    sharedBy(policy.group, guarantees),
    slot,
  );
}

/** What is around the publishes of a subscriber, of one channel and one kind. */
export function wrapping(
  opening: Opening,
  { name, publishMiddleware }: PlannedSubscriber,
  kind: PublishTarget["kind"],
  sink: SinkOf<Connection> | undefined,
): (raw: RawPublisher, channel: AnyChannel) => RawPublisher {
  const { observer, clock } = opening;
  const around = composeLayers(
    observedLayers(publishMiddleware, observer, clock),
  );
  return (raw, { address }) =>
    around(raw, {
      kind,
      template: address,
      broker: brokerOf(opening, sink),
      subscriber: name,
    });
}
