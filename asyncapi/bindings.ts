import type { Bindings } from "@ruststream/core/contract";
import { asJson, isObject, type Json, type JsonObject } from "./json.ts";

/** Where bindings stand. */
export type BindingPlace = "server" | "channel" | "operation" | "message";

/** Protocols that AsyncAPI has bindings for, and the version of theirs that is written; undefined where its bindings hold nothing that has a version. */
const protocols: Readonly<Record<string, string>> = {
  amqp: "0.3.0",
  amqp1: "0.1.0",
  anypointmq: "0.0.1",
  googlepubsub: "0.2.0",
  http: "0.3.0",
  ibmmq: "0.1.0",
  jms: "0.0.1",
  kafka: "0.5.0",
  mqtt: "0.2.0",
  nats: "0.1.0",
  pulsar: "0.1.0",
  redis: "0.1.0",
  sns: "1.0.0",
  solace: "0.4.0",
  sqs: "0.2.0",
  stomp: "0.1.0",
  ws: "0.1.0",
};

/** Whether AsyncAPI has bindings for a protocol of this name. */
export function isBindingProtocol(name: string): boolean {
  return Object.hasOwn(protocols, name) || name === "ros2";
}

/** Protocols whose bindings hold nothing in a place. */
const empty: Readonly<Record<string, readonly BindingPlace[]>> = {
  amqp: ["server"],
  amqp1: ["server", "channel", "operation", "message"],
  http: ["server", "channel"],
  mqtt: ["channel"],
  nats: ["server", "channel", "message"],
  redis: ["server", "channel", "operation", "message"],
  stomp: ["server", "channel", "operation", "message"],
  ws: ["server", "operation", "message"],
};

/** Whether the bindings of a protocol hold nothing in a place. */
export function holdsNothing(protocol: string, place: BindingPlace): boolean {
  return Object.hasOwn(empty, protocol) &&
    empty[protocol]?.includes(place) === true;
}

/** What is known of a protocol goes into bindings; all else into extensions of the same object. */
export function writeBindings(
  place: BindingPlace,
  given: Bindings | undefined,
): {
  readonly bindings?: JsonObject;
  readonly extensions: JsonObject;
} {
  const bindings: Record<string, Json> = {};
  const extensions: Record<string, Json> = {};
  for (const [protocol, value] of Object.entries(given ?? {})) {
    const said = asJson(value);
    const known = isBindingProtocol(protocol) && isObject(said) &&
      !holdsNothing(protocol, place);
    if (!known) {
      const name = protocol.replaceAll(/[^A-Za-z0-9._-]/g, "-");
      extensions[name.startsWith("x-") ? name : `x-${name}`] = said;
    } else if (Object.keys(said).length > 0) {
      const version = protocols[protocol];
      bindings[protocol] = {
        ...said,
        ...(version !== undefined && said.bindingVersion === undefined &&
          { bindingVersion: version }),
      };
    }
  }
  return {
    extensions,
    ...(Object.keys(bindings).length > 0 && { bindings }),
  };
}
