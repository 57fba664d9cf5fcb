import { parseAnswer } from "./_api.ts";
import type { Consumer } from "./_consumer.ts";
import type { Session } from "../session.ts";

/**
 * Tells of messages that the server itself gave up: they stay in their stream, and nobody gets them.
 *
 * Only a cap that the user set does that. What it returns ends the telling.
 */
export function tellOfGivenUp(
  session: Session,
  { plan: { stream, name, options } }: Consumer,
): () => void {
  if (options.maxDeliver === undefined || options.maxDeliver < 1) {
    return () => {};
  }
  const wire = session.subscribe(
    `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.${name}`,
    (msg) => {
      const { stream_seq, deliveries } = parseAnswer(msg.data);
      session.report({
        kind: "dropped",
        count: 1,
        detail:
          `The server gave up message ${stream_seq} of stream "${stream}": "${name}" got it ${deliveries} times`,
      });
    },
    // One of all that share the consumer.
    { queue: name },
  );
  return () => wire.unsubscribe();
}
