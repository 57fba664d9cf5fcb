import { MessagingError } from "@ruststream/core/contract";
import type { NativeJetStream } from "./native.ts";
import { closedError } from "./nats_error.ts";
import type { Session } from "./session.ts";

const deed = "use the JetStream of the client";

/** The client's JetStream, which nothing here needs: whoever does not ask for it does not load it. */
export async function nativeJetStream(
  { nc, closed, settings: { apiPrefix } }: Session,
): Promise<NativeJetStream> {
  if (closed) throw closedError(deed);
  const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
  try {
    return {
      client: jetstream(nc, { apiPrefix }),
      manager: await jetstreamManager(nc, { apiPrefix }),
    };
  } catch (cause) {
    throw new MessagingError(
      "unsupported",
      `Cannot ${deed}: it does not answer under "${apiPrefix}"`,
      { cause },
    );
  }
}
