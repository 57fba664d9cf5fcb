import type { Declarations } from "@ruststream/core";
import { type Details, type DocumentOptions, versions } from "./options.ts";

const known: Readonly<Record<keyof DocumentOptions, true>> = {
  version: true,
  id: true,
  termsOfService: true,
  contact: true,
  license: true,
  tags: true,
  externalDocs: true,
  servers: true,
  subscribers: true,
  channels: true,
  parameters: true,
  securitySchemes: true,
  undocumented: true,
  correlationHeader: true,
  jsonSchema: true,
};

function refuse(why: string): never {
  throw new TypeError(`Cannot make an AsyncAPI document: ${why}`);
}

function checkNames(
  option: string,
  asked: readonly string[],
  there: readonly string[],
  what: string,
): void {
  for (const name of asked) {
    if (there.includes(name)) continue;
    const names = there.map((one) => `"${one}"`).join(", ");
    refuse(
      `${option} names ${what} "${name}", and there ${
        there.length === 0 ? "is none" : `are ${names}`
      }`,
    );
  }
}

/**
 * Checks options against the application that they are for.
 *
 * @throws {TypeError} If one is unknown, unlawful, or names what is not there.
 */
export function checkOptions(
  options: DocumentOptions,
  { brokers, subscribers }: Declarations,
): void {
  checkNames("it", Object.keys(options), Object.keys(known), "option");
  const { version, id } = options;
  if (version !== undefined && !versions.includes(version)) {
    refuse(
      `its version must be ${versions.join(" or ")}, found "${version}"`,
    );
  }
  if (id !== undefined && !URL.canParse(id)) {
    refuse(`its id must be a URI, found "${id}"`);
  }
  const { correlationHeader: header } = options;
  if (header !== undefined && !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(header)) {
    refuse(
      `correlationHeader must be the name of a header in lower case, found "${header}"`,
    );
  }
  const names = subscribers.map(({ name }) => name);
  const schemes = Object.keys(options.securitySchemes ?? {});
  for (const name of schemes) {
    if (/^[A-Za-z0-9_.-]+$/.test(name)) continue;
    refuse(
      `securitySchemes may have letters, digits and "._-", found "${name}"`,
    );
  }
  checkNames(
    "channels",
    Object.keys(options.channels ?? {}),
    addressesOf(subscribers),
    "address",
  );
  checkNames("undocumented", options.undocumented ?? [], names, "subscriber");
  checkDetails(
    "servers",
    options.servers,
    brokers.map(({ name }) => name),
    "broker",
    schemes,
  );
  checkDetails(
    "subscribers",
    options.subscribers,
    names,
    "subscriber",
    schemes,
  );
}

function addressesOf(
  subscribers: Declarations["subscribers"],
): readonly string[] {
  const all = subscribers.flatMap(({ address, reply, deadLetter, slots }) => [
    address,
    ...[reply, deadLetter, ...slots, ...slots.map((slot) => slot.reply)]
      .flatMap((one) => one === undefined ? [] : [one.channel.address]),
  ]);
  return [...new Set(all)];
}

function checkDetails(
  option: string,
  details: Readonly<Record<string, Details>> = {},
  there: readonly string[],
  what: string,
  schemes: readonly string[],
): void {
  checkNames(option, Object.keys(details), there, what);
  for (const { security = [] } of Object.values(details)) {
    checkNames(option, security, schemes, "security scheme");
  }
}
