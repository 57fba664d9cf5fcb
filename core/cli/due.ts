import type { AppDescription, SubscriberDescription } from "../app/describe.ts";
import { matchAddress, parseAddress } from "../contract/address.ts";
import type { DeliveryCounts } from "./counts.ts";

/** Subscribers that get a message once between them. */
interface Readers {
  readonly names: readonly string[];
  /** Whether other processes may get it instead. */
  readonly isShared: boolean;
}

/** Who gets a message of an address: each entry once. */
function readersOf(
  { subscribers, brokers }: AppDescription,
  broker: string,
  address: string,
): readonly Readers[] {
  const remote = brokers.some(({ name, servers }) =>
    name === broker && servers.length > 0
  );
  const readers = new Map<string, Readers>();
  for (const one of subscribers) {
    if (one.broker !== broker) continue;
    if (matchAddress(parseAddress(one.address), address) === undefined) {
      continue;
    }
    const key = sharedKey(one);
    const { names = [] } = readers.get(key) ?? {};
    readers.set(key, {
      names: [...names, one.name],
      isShared: remote && one.group !== undefined,
    });
  }
  return [...readers.values()];
}

function sharedKey(
  { name, address, group, sharesWith }: SubscriberDescription,
): string {
  return JSON.stringify(
    group === undefined ? [name, ...sharesWith].sort() : { group, address },
  );
}

/** Whether any subscriber of a broker reads an address. */
export function isRead(
  app: AppDescription,
  broker: string,
  address: string,
): boolean {
  return readersOf(app, broker, address).length > 0;
}

/**
 * How many deliveries of what was published have not settled here.
 *
 * Of a group on a server other processes may have settled some: nobody here knows, so once everything is idle they are taken as settled.
 *
 * @param published Messages that were published, by address.
 * @param idle Whether the brokers said that nothing waits.
 */
export function notSettled(
  app: AppDescription,
  broker: string,
  published: ReadonlyMap<string, number>,
  counts: DeliveryCounts,
  idle: boolean,
): number {
  let due = 0;
  for (const [address, count] of published) {
    const messages = count + counts.publishedTo(address);
    for (const { names, isShared } of readersOf(app, broker, address)) {
      if (idle && isShared) continue;
      due += Math.max(0, messages - counts.endedAt(address, names));
    }
  }
  return due;
}
