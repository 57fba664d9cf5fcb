import { declarations } from "../app/declarations.ts";
import type { Delivery } from "../contract/delivery.ts";
import type { Message } from "../contract/message.ts";
import { MessagingError } from "../contract/errors.ts";
import { parseAddress } from "../contract/address.ts";
import { asJson, bodyText, type BodyView, viewBody } from "./body_view.ts";
import { brokerOption, checkWritten, chooseBroker } from "./broker_choice.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { type Connected, onBroker } from "./connecting.ts";
import { type Declared, declaredBy, declaredFor } from "./declared.ts";
import { readCount } from "./times.ts";
import { whileRead } from "./while_read.ts";
import type { World } from "./world.ts";

/** What passes at one address. */
interface Tailing {
  readonly broker: string;
  readonly address: string;
  /** Everything that the application declares there. */
  readonly declared: readonly Declared[];
  /** After how many messages it ends. */
  readonly count: number;
  /** Whether it is for a program, and not for somebody who reads. */
  readonly json: boolean;
}

/** Makes `tail`: what passes, until a signal. It is a subscription of its own, without a group: nobody gets less for it. */
export function tailCommand(world: World): Command {
  return {
    name: "tail",
    summary: "Show what passes at an address, bodies too, until a signal",
    usage: "ADDRESS",
    options: {
      count: { value: "N", summary: "End after so many messages" },
      json: {
        summary: "One JSON object a line; the default where it is no terminal",
      },
      ...brokerOption,
    },
    async run(context) {
      const tailing = readTailing(context, world);
      const reading = whileRead(context.signal, world);
      const wanted = { ...context, signal: reading.signal };
      try {
        await onBroker(
          wanted,
          world,
          tailing.broker,
          (connected) => tail(wanted, world, tailing, connected),
        );
      } catch (error) {
        // Ended while it connected or subscribed.
        if (!reading.isReason(error)) throw error;
      } finally {
        reading.release();
      }
    },
  };
}

function readTailing(context: CommandContext, world: World): Tailing {
  const { words: [address, ...more], value, has } = context;
  if (address === undefined || more.length > 0) {
    throw new UsageError(
      `Cannot tail: expected ADDRESS, found ${context.words.length} words`,
    );
  }
  checkWritten("tail", address, { full: false });
  const count = value("count");
  const all = declarations(context.app);
  const declared = declaredBy(all);
  const here = declared.filter(({ template }) => template === address);
  const broker = chooseBroker(
    context,
    all,
    address,
    [...here, ...declaredFor(declared, address)].map((one) => one.broker),
  );
  return {
    broker,
    address,
    declared: declared.filter((one) => one.broker === broker),
    count: count === undefined ? Infinity : readCount("count", count),
    json: has("json") || !world.terminal,
  };
}

async function tail(
  { signal, say, write }: CommandContext,
  world: World,
  { broker, address, declared, count, json }: Tailing,
  { connection }: Connected,
): Promise<void> {
  const pattern = parseAddress(address);
  const subscription = await connection.subscribe(pattern, { signal });
  say(`Tails "${address}" on "${broker}"`);
  const reader = subscription.deliveries.getReader();
  try {
    for (let shown = 0; shown < count; shown++) {
      const { done, value } = await reader.read();
      if (done) {
        if (signal.aborted) return;
        throw new MessagingError(
          "connection",
          `Cannot tail "${address}" any longer: its subscription has ended`,
        );
      }
      const view = await viewBody(
        value.message,
        declaredFor(declared, value.message.address),
      );
      const at = value.publishedAt ?? new Date(world.clock.now());
      write(json ? jsonLine(value, at, view) : textLine(value, at, view));
      await value.settle({ kind: "ack" });
      // No faster than somebody reads.
      await world.flushed();
    }
  } finally {
    await subscription[Symbol.asyncDispose]();
  }
}

/** A message on one line of JSON. */
function jsonLine(
  { message, id, replyTo }: Delivery,
  at: Date,
  view: BodyView,
): string {
  const { address, key } = message;
  return `${
    asJson({ at, address, id, key, replyTo, ...fieldsOf(message), ...view })
  }\n`;
}

/** Its headers, where it has some. */
export function fieldsOf(
  { headers }: Message,
): { readonly headers?: readonly (readonly [string, string])[] } {
  const fields = [...headers ?? []];
  return fields.length === 0 ? {} : { headers: fields };
}

function textLine({ message }: Delivery, at: Date, view: BodyView): string {
  const { address, key, headers } = message;
  const fields = [...headers ?? []].map(([name, value]) =>
    `\n  ${name}: ${value}`
  );
  const keyed = key === undefined ? "" : `  key ${key}`;
  return `${at.toISOString()}  ${address}${keyed}${fields.join("")}\n  ${
    bodyText(view)
  }\n`;
}
