import { declarations } from "../app/declarations.ts";
import type { Message } from "../contract/message.ts";
import type { Publisher } from "../contract/publisher.ts";
import { composeLayers } from "../publish/publish_middleware.ts";
import { asJson } from "./body_view.ts";
import type { Command, CommandContext } from "./command.ts";
import { type Connected, keeperOf, onBroker } from "./connecting.ts";
import { readLines } from "./line_feed.ts";
import {
  checkPayload,
  givenId,
  MessageMaker,
  messageOptions,
  type Outgoing,
  readOutgoing,
} from "./outgoing_message.ts";
import type { World } from "./world.ts";

/** Makes `publish`: one message, or each line of standard input. */
export function publishCommand(world: World): Command {
  return {
    name: "publish",
    summary: "Publish a message, checked by its channel, and show the receipt",
    usage: "ADDRESS [JSON|-]",
    options: {
      ...messageOptions,
      stored: {
        summary: "Wait until the broker keeps it; fail where nothing would",
      },
    },
    async run(context) {
      const outgoing = readOutgoing(
        "publish",
        context,
        declarations(context.app),
      );
      checkPayload("publish", outgoing);
      return await onBroker(
        context,
        world,
        outgoing.broker,
        (connected) => publish(context, world, outgoing, connected),
      );
    },
  };
}

async function publish(
  context: CommandContext,
  world: World,
  outgoing: Outgoing,
  connected: Connected,
): Promise<number> {
  const { signal, write } = context;
  const { address, written = "" } = outgoing;
  const publisher = publisherOf(context, outgoing, connected);
  const maker = new MessageMaker(outgoing, connected.planned, world.clock);
  const { confirms } = publisher;
  if (written === "-") {
    const { counts, ok } = await readLines(context, world, outgoing, {
      verb: "publish",
      maker,
      send: (message, options) => publisher.publish(message, options),
    });
    write(`${JSON.stringify({ address, confirms, ...counts })}\n`);
    return ok ? 0 : 1;
  }
  const message = await maker.make(written);
  const receipt = await publisher.publish(message, { signal });
  const messageId = givenId(message);
  write(`${asJson({ address, messageId, confirms, receipt })}\n`);
  return 0;
}

/** What the message goes through: the layers around all that is published by hand, and the broker. */
function publisherOf(
  { has }: CommandContext,
  { address, declared: [first] }: Outgoing,
  connected: Connected,
): Publisher {
  const { planned, connection } = connected;
  const around = composeLayers(planned.publishMiddleware);
  const raw = has("stored")
    ? storing(connected, address)
    : connection.publisher;
  return around(raw, {
    kind: "publish",
    template: first?.template ?? address,
    broker: planned.broker.name,
  });
}

function storing(connected: Connected, address: string): Publisher {
  const keeper = keeperOf(connected, `publish to "${address}"`);
  return {
    confirms: "stored",
    publish: (message: Message, options) => keeper.keep(message, options),
  };
}
