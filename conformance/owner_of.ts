import type { Connection } from "@ruststream/core/contract";
import type { Bench } from "./bench.ts";

/** What has a capability's methods: the publisher where it has, else the connection. By default of the bench's own connection. */
export async function ownerOf<C>(
  bench: Bench,
  method: keyof C & string,
  connection?: Connection,
): Promise<C> {
  const from = connection ?? await bench.connection();
  const publisher = await bench.publisher(from);
  return (typeof Reflect.get(publisher, method) === "function"
    ? publisher
    : from) as unknown as C;
}
