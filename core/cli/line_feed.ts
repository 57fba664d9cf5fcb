import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import type { Message } from "../contract/message.ts";
import type { CommandContext } from "./command.ts";
import { Feed, type LineCounts } from "./feed.ts";
import {
  type MessageMaker,
  type Outgoing,
  takesText,
} from "./outgoing_message.ts";
import type { World } from "./world.ts";

/** What becomes of each line. */
export interface LineWork {
  readonly verb: string;
  readonly maker: MessageMaker;
  /** Sends the message of a line. */
  readonly send: (
    message: Message,
    options: { readonly signal?: AbortSignal },
  ) => Awaitable<unknown>;
}

/** What became of all lines, and whether all of them went well. */
export interface LineReport {
  readonly counts: LineCounts;
  readonly ok: boolean;
}

/** Sends each line of standard input as a message, in order: a bad one is named by its number, and the rest goes on. */
export async function readLines(
  { signal, say }: CommandContext,
  world: World,
  outgoing: Outgoing,
  { verb, maker, send }: LineWork,
): Promise<LineReport> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const feed = new Feed(
    { address: outgoing.address, file: "-" },
    await world.open("-"),
  );
  // Made one after another, so that a schema that waits changes no order.
  let made: Promise<unknown> = Promise.resolve();
  await feed.run({
    clock: world.clock,
    signal,
    say,
    verb,
    asItIs: takesText(outgoing),
    publisher: {
      confirms: "sent",
      async publish({ body }, options = {}) {
        const making = made.then(() => maker.make(decoder.decode(body)));
        const sending = making.then((message) => {
          const sent = send(message, options);
          return isPromiseLike(sent) ? { sent } : { sent: undefined };
        });
        made = sending.catch(() => {});
        await (await sending).sent;
      },
    },
  });
  const { counts, ended, failure } = feed;
  const ok = ended && failure === undefined &&
    counts.failed + counts.notJson === 0;
  return { counts, ok };
}
