import { bytesOf } from "./packet.ts";
import type { Wire } from "./settings.ts";
import type { Host } from "./views.ts";

/** Tells whoever listens what a server did by itself. */
export function advise(
  host: Host,
  subject: string,
  type: string,
  fields: Wire,
): void {
  const { time } = host;
  const advisory = {
    type: `io.nats.jetstream.advisory.v1.${type}`,
    id: `${Math.floor(time.random() * 2 ** 32)}`,
    timestamp: new Date(time.now()).toISOString(),
    ...fields,
  };
  host.publish({
    subject: `$JS.EVENT.ADVISORY.${subject}`,
    reply: "",
    headers: undefined,
    body: bytesOf(JSON.stringify(advisory)),
  });
}
