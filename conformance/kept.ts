import {
  type Connection,
  type Keeps,
  type KeptMessage,
  type KeptMessages,
  parseAddress,
} from "@ruststream/core/contract";
import type { Bench } from "./bench.ts";

const decoder = new TextDecoder();

/** What keeps the messages of a connection; by default that of the bench's own. */
export async function keeperOf(
  bench: Bench,
  connection?: Connection,
): Promise<Keeps> {
  const { kept } = bench.settings;
  if (kept === undefined) {
    throw new TypeError("Cannot look at what is kept: the bench has no way to");
  }
  return kept(connection ?? await bench.connection());
}

/** What is kept of the check's address, or of one under it. */
export async function kept(
  bench: Bench,
  { connection, end }: {
    readonly connection?: Connection;
    readonly end?: string;
  } = {},
): Promise<KeptMessages> {
  const keeper = await keeperOf(bench, connection);
  const address = end === undefined ? bench.address : `${bench.address}.${end}`;
  return await bench.get(
    keeper.kept(parseAddress(address)),
    "finding what is kept",
  );
}

/** All that is kept. */
export async function readAll(
  bench: Bench,
  messages: KeptMessages,
): Promise<readonly KeptMessage[]> {
  const reader = bench.call(() => messages.read(), "reading what is kept");
  const all = Array.fromAsync(await reader);
  return await bench.get(all, "reading what is kept");
}

/** The texts of their bodies. */
export function textsOf(all: readonly KeptMessage[]): readonly string[] {
  return all.map(({ message }) => decoder.decode(message.body));
}
