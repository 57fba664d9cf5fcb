import { parseAnswer } from "./_api.ts";
import type { Consumer } from "./_consumer.ts";
import { reaches, type Wire } from "./_fields.ts";
import type { Session } from "../session.ts";
import { isOurReason } from "./_tokens.ts";

/** Tells when the server has removed a consumer. What it returns ends the telling. */
export function tellOfRemoval(
  session: Session,
  { plan: { stream, name } }: Consumer,
  onRemoved: () => void,
): () => void {
  const wire = session.subscribe(
    `$JS.EVENT.ADVISORY.CONSUMER.DELETED.${stream}.${name}`,
    onRemoved,
  );
  return () => wire.unsubscribe();
}

/**
 * Tells of messages that will not come any more, though no reader of ours said so: the server gave them up after its own cap, which only a user sets;
 * a limit of the stream or somebody else removed them while they were unsettled; or another client rejected them.
 *
 * It is a second net: what is told while nobody listens is not told again. What it returns ends the telling.
 */
export function tellOfGivenUp(
  session: Session,
  { plan: { stream, name }, config }: Consumer,
): () => void {
  const listen = (
    kind: string,
    say: (advisory: Wire) => string | undefined,
  ): () => void => {
    const wire = session.subscribe(
      `$JS.EVENT.ADVISORY.CONSUMER.${kind}.${stream}.${name}`,
      (msg) => {
        const advisory = parseAnswer(msg.data);
        const said = say(advisory);
        if (said === undefined) return;
        const of = `message ${advisory["stream_seq"]} of stream "${stream}"`;
        session.report({
          kind: "dropped",
          count: 1,
          detail: `The server gave up ${of}: ${said}`,
        });
      },
      // One of all that share the consumer.
      { queue: name },
    );
    return () => wire.unsubscribe();
  };
  const ends: (() => void)[] = [];
  if ((config["max_deliver"] as number | undefined ?? 0) > 0) {
    ends.push(listen(
      "MAX_DELIVERIES",
      ({ deliveries }) => `"${name}" got it ${deliveries} times`,
    ));
  }
  // An older server does not say why, so that our own rejects cannot be told from the rest.
  if (reaches(session.info.version, "2.10")) {
    ends.push(
      listen(
        "MSG_TERMINATED",
        ({ reason = "" }) =>
          isOurReason(`${reason}`)
            ? undefined
            : `"${name}" has not settled it (${
              reason || "another client rejected it"
            })`,
      ),
    );
  }
  return () => {
    for (const end of ends) end();
  };
}
