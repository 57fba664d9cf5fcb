import {
  type AddressPattern,
  isMessagingError,
  parseAddress,
} from "@ruststream/core/contract";
import { alike, type Ending, holds } from "../../assertions.ts";
import { type Bench, text } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { Tap } from "../../tap.ts";

interface Tried {
  readonly address: string;
  /** Absent where subscribing was refused. */
  readonly tap?: Tap;
}

function typed(ending: Ending, what: string): void {
  if (ending.kind === "resolved") return;
  const { reason } = ending;
  holds(
    isMessagingError(reason) || reason instanceof TypeError ||
      reason instanceof RangeError,
    what,
    "a success or a typed error",
    reason,
  );
}

async function subscribed(bench: Bench, address: string): Promise<Tried> {
  const connection = await bench.connection();
  const what = `subscribing to ${shown(address)}`;
  const pattern: AddressPattern = parseAddress(address);
  const call = bench.call(() => bench.subscribe(connection, pattern, {}), what);
  const ending = await bench.ends(call, what);
  typed(ending, what);
  return ending.kind === "rejected"
    ? { address }
    : { address, tap: new Tap(bench, ending.value) };
}

async function published(
  bench: Bench,
  { address, tap }: Tried,
): Promise<void> {
  const publisher = await bench.publisher();
  const what = `publishing to ${shown(address)}`;
  const message = bench.message(address, { address });
  const call = bench.call(() => publisher.publish(message), what);
  const ending = await bench.ends<unknown>(call, what);
  typed(ending, what);
  alike(
    ending.kind,
    tap === undefined ? "rejected" : "resolved",
    `how ${what} ends, as subscribing did`,
  );
}

const shown = (address: string): string =>
  address.length < 80
    ? `"${address}"`
    : `"${address.slice(0, 40)}…", of ${address.length} characters`;

function apart(
  id: string,
  what: string,
  catches: string,
  ends: readonly string[],
): Check {
  return {
    id: `publish/addresses-${id}`,
    promise:
      `A message arrives where it was sent and nowhere else, or subscribing and publishing reject: ${what}.`,
    rule: 4,
    catches,
    async run(bench) {
      const tried: Tried[] = [];
      for (const end of ends) {
        tried.push(await subscribed(bench, `${bench.address}.${end}`));
      }
      for (const each of tried) await published(bench, each);
      for (const { address, tap } of tried) {
        if (tap === undefined) continue;
        const delivery = await tap.next(`what was sent to ${shown(address)}`);
        const { message } = delivery;
        alike(
          [text(delivery), message.address].map(shown),
          [address, address].map(shown),
          `where what came to ${shown(address)} was sent`,
        );
      }
      await bench.pass(bench.settings.quietMs);
      for (const { address, tap } of tried) {
        await tap?.nothing(`more at ${shown(address)}`, 1);
      }
    },
  };
}

/** Addresses that a broker may take for one another. */
export const checks: readonly Check[] = [
  apart(
    "with-signs",
    "slashes, percent signs and dashes",
    "decodes-addresses",
    [
      "a/b",
      "a%2Fb",
      "a%2fb",
      "a%252Fb",
      "a-b",
      "a_b",
      "/a",
      "a/",
      "a//b",
    ],
  ),
  apart("by-case", "upper and lower case", "addresses-without-case", [
    "Orders",
    "orders",
    "ORDERS",
  ]),
  apart("non-ascii", "letters outside ASCII", "ascii-addresses", [
    "gr\u00f6\u00dfe",
    "gro\u0308\u00dfe",
    "gr\u00d6\u00dfe",
    "\u5024",
    "\ud83d\ude9a",
    "gr??e",
  ]),
  apart("long", "150 and a thousand characters", "truncates-addresses", [
    // Some truncate; some refuse what is longer than the name of a file.
    `${"x".repeat(150)}1`,
    `${"x".repeat(150)}2`,
    `${"x".repeat(1_000)}1`,
    `${"x".repeat(1_000)}2`,
    `${"x".repeat(1_000)}12`,
  ]),
];
