import { headerOf, headersOf, nothing, type Packet } from "./packet.ts";
import { spoken } from "./waiting.ts";

/** Whether a message says that its subject has no other any more. */
export function isMarker(message: Pick<Packet, "headers">): boolean {
  const operation = headerOf(message, "KV-Operation");
  return headerOf(message, "Nats-Marker-Reason") !== undefined ||
    operation === "DEL" || operation === "PURGE";
}

/** What a stream puts in the place of the last message of a subject that grew too old. */
export function markerOf(subject: string, ttlNanos: number): Packet {
  return {
    subject,
    reply: "",
    headers: headersOf([
      ["Nats-Marker-Reason", "MaxAge"],
      ["Nats-TTL", spoken(ttlNanos)],
      ["Nats-Rollup", "sub"],
    ]),
    body: nothing,
  };
}
