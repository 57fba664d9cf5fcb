import type { Broker, Connection } from "../contract/broker.ts";
import type { AnyChannel } from "../contract/channel.ts";
import type { Clock } from "../contract/clock.ts";
import type { Publisher } from "../contract/publisher.ts";
import type { RawPublisher } from "../publish/erased_publisher.ts";
import type { Notice, Observer } from "../observe.ts";
import {
  composeLayers,
  observedLayers,
  type PublishTarget,
} from "../publish/publish_middleware.ts";
import { isElsewhere } from "./elsewhere.ts";
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

/** What is around the publishes of a subscriber, of one channel and one kind. */
export function wrapping(
  { broker, observer, clock }: Opening,
  { name, publishMiddleware }: PlannedSubscriber,
  kind: PublishTarget["kind"],
  sink: SinkOf<Connection> | undefined,
): (raw: RawPublisher, channel: AnyChannel) => RawPublisher {
  const around = composeLayers(
    observedLayers(publishMiddleware, observer, clock),
  );
  return (raw, { address }) =>
    around(raw, {
      kind,
      template: address,
      broker: isElsewhere(sink) ? sink.broker : broker.name,
      subscriber: name,
    });
}
