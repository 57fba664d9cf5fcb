/**
 * What the tests of documents share: applications that say nothing, and brokers with servers. It registers no tests.
 *
 * @module
 */
import { type AppInfo, RustStream } from "@ruststream/core";
import type { ServerDescription } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";

const nothing = (): void => {};

const info: AppInfo = {
  title: "shop",
  version: "1.0.0",
  description: "It sells.",
  logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
};

/** An application with nothing mounted. */
export function emptyApp(): RustStream {
  return new RustStream(info);
}

/** A broker that says it has servers. */
export class ServedBroker extends MemoryBroker {
  readonly #servers: readonly ServerDescription[];

  constructor(name: string, ...servers: readonly ServerDescription[]) {
    super({ name });
    this.#servers = servers;
  }

  override describe(): readonly ServerDescription[] {
    return this.#servers;
  }
}

/** What stands at a JSON pointer. */
export function at(document: unknown, pointer: string): unknown {
  let value = document;
  for (const step of pointer.split("/").slice(1)) {
    value = (value as Record<string, unknown> | undefined)?.[step];
  }
  return value;
}
