import { declarations } from "../app/declarations.ts";
import { bytesCodec } from "../codecs.ts";
import { MessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import type { Requests } from "../contract/publisher.ts";
import type { RawPublisher } from "../publish/erased_publisher.ts";
import { composeLayers } from "../publish/publish_middleware.ts";
import { type Asking, request } from "../publish/request.ts";
import { bodyText, viewPayload } from "./body_view.ts";
import type { Command, CommandContext } from "./command.ts";
import { type Connected, onBroker } from "./connecting.ts";
import { readLines } from "./line_feed.ts";
import {
  checkPayload,
  givenId,
  MessageMaker,
  messageOptions,
  type Outgoing,
  readOutgoing,
} from "./outgoing_message.ts";
import { readMs } from "./times.ts";
import { whileRead } from "./while_read.ts";
import type { World } from "./world.ts";

const defaultTimeoutMs = 5_000;

/** Makes `request`: one message and its reply, or each line of standard input and its. */
export function requestCommand(world: World): Command {
  return {
    name: "request",
    summary: "Send a message that wants a reply, and show that",
    usage: "ADDRESS [JSON|-]",
    options: {
      ...messageOptions,
      "timeout-ms": {
        value: "N",
        summary: `How long to wait for a reply; by default ${defaultTimeoutMs}`,
      },
    },
    async run(context) {
      const outgoing = readOutgoing(
        "request",
        context,
        declarations(context.app),
      );
      checkPayload("request", outgoing);
      const timeoutMs = readMs(
        "timeout-ms",
        context.value("timeout-ms"),
        defaultTimeoutMs,
      );
      return await onBroker(
        context,
        world,
        outgoing.broker,
        (connected) => ask(context, world, outgoing, { connected, timeoutMs }),
      );
    },
  };
}

async function ask(
  context: CommandContext,
  world: World,
  outgoing: Outgoing,
  how: { readonly connected: Connected; readonly timeoutMs: number },
): Promise<number> {
  const { address, written = "" } = outgoing;
  const { connected: { planned }, timeoutMs } = how;
  const asked = askedOf(outgoing, how.connected);
  const maker = new MessageMaker(outgoing, planned, world.clock);
  const one = async (
    message: Message,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const asking = askingOf(outgoing, message);
    const reply = await request(asked, asking, undefined, {
      timeoutMs,
      ...(signal !== undefined && { signal }),
    });
    context.write(`${bodyText(viewPayload(reply))}\n`);
  };
  if (written !== "-") {
    const message = await maker.make(written);
    const id = givenId(message);
    // Standard output is the reply's alone.
    if (id !== undefined) context.say(`Asks "${address}", message-id ${id}`);
    await one(message, context.signal);
    return 0;
  }
  // One after another, so that each reply stands where its line stood.
  let before: Promise<void> = Promise.resolve();
  const reading = whileRead(context.signal, world);
  const wanted = { ...context, signal: reading.signal };
  try {
    const { ok } = await readLines(wanted, world, outgoing, {
      verb: "request",
      maker,
      send(message, { signal }) {
        const asked = before.then(() => one(message, signal));
        before = asked.catch(() => {});
        return asked;
      },
    });
    return ok ? 0 : 1;
  } finally {
    reading.release();
  }
}

/** What asks, with the layers around all that is published by hand. */
function askedOf(
  { address, declared: [first] }: Outgoing,
  { planned, connection }: Connected,
): Requests {
  const { broker: { name }, publishMiddleware } = planned;
  const raw = composeLayers(publishMiddleware)(
    connection.publisher as RawPublisher,
    { kind: "request", template: first?.template ?? address, broker: name },
  );
  const { request } = raw;
  if (typeof request === "function") return { request: request.bind(raw) };
  throw new MessagingError(
    "unsupported",
    `Cannot request "${address}": the publisher of broker "${name}" lacks "request"`,
  );
}

/** A message that is made already, and how its reply is read: by the channel that is declared for it, else as it can be shown. */
function askingOf(
  { address, declared }: Outgoing,
  message: Message,
): Asking {
  const reply = declared.find((one) => one.reply !== undefined)?.reply;
  return {
    channel: { address },
    prepare: () => message,
    reply: reply?.channel ?? { address, codec: bytesCodec },
    codec: reply?.codec,
    clock: undefined,
  };
}
