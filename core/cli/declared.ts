import type { Declarations, DeclaredMessages } from "../app/declarations.ts";
import { matchAddress, parseAddress } from "../contract/address.ts";
import type { AnyChannel } from "../contract/channel.ts";
import { nearest } from "../nearest.ts";
import { replyOf } from "../channel.ts";

/** A channel that an application reads or publishes, where it is, and what answers it. */
export interface Declared extends DeclaredMessages {
  /** The address with the prefix of its routers. */
  readonly template: string;
  readonly reply: DeclaredMessages | undefined;
}

/** All that an application reads and publishes, each channel once on each broker. */
export function declaredBy({ subscribers }: Declarations): readonly Declared[] {
  const all: Declared[] = [];
  const add = (
    one: DeclaredMessages | undefined,
    template = one?.channel.address ?? "",
    reply?: DeclaredMessages,
  ): void => {
    if (one === undefined) return;
    const { channel, codec, broker } = one;
    const known = all.some((other) =>
      other.channel === channel && other.broker === broker &&
      other.template === template
    );
    if (known) return;
    const own = replyOf(channel);
    const answer = reply ??
      (own === undefined ? undefined : { channel: own, codec, broker });
    all.push({ channel, codec, broker, template, reply: answer });
  };
  for (const one of subscribers) {
    add(one, one.address, one.reply);
    add(one.reply);
    for (const slot of one.slots) {
      add(slot, slot.channel.address, slot.reply);
      add(slot.reply);
    }
    add(one.deadLetter);
  }
  return all;
}

/** Those that an address is of; who says it letter by letter comes first. */
export function declaredFor(
  all: readonly Declared[],
  address: string,
): readonly Declared[] {
  return all
    .filter(({ template }) =>
      matchAddress(parseAddress(template), address) !== undefined
    )
    .toSorted((one, other) =>
      Number(other.template === address) - Number(one.template === address)
    );
}

/** What to add to a line about an address that is not declared: the template that was probably meant. */
export function addressHint(
  address: string,
  templates: readonly string[],
): string {
  const tokens = address.split(".");
  // What a parameter stands for is no mistake.
  const alike = (template: string): string =>
    template.split(".").map((token, i) =>
      token.startsWith("{") ? tokens[i] ?? token : token
    ).join(".");
  const found = nearest(address, templates.map(alike));
  const meant = templates.find((template) => alike(template) === found);
  return meant === undefined ? "" : `; the nearest is "${meant}"`;
}

/** A channel as it is at one address: what its template leaves open is filled. */
export function channelAt(channel: AnyChannel, address: string): AnyChannel {
  return { ...channel, address };
}
