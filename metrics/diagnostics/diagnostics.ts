import type { Observer } from "@ruststream/core";
import { builtin } from "../builtin.ts";
import { channelNames } from "./channel_names.ts";

type Hook = keyof typeof channelNames;

/**
 * Puts what an application does on the channels of `node:diagnostics_channel`, the events as observers get them: for tools that know the channels and not the application.
 *
 * While nobody subscribes to a channel, its events are not made. Where the runtime has no such module nothing is observed at all. Events of deliveries have the message, its body included: who subscribes is part of this process.
 *
 * @example Somebody else's eyes
 * ```ts
 * import assert from "node:assert/strict";
 * import { subscribe } from "node:diagnostics_channel";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 * import { channelNames, diagnostics, type DiagnosticsEvents } from "@ruststream/metrics/diagnostics";
 *
 * const seen: string[] = [];
 * subscribe(channelNames.settled, (event) => {
 *   const { address, settlement } = event as DiagnosticsEvents["ruststream:settled"];
 *   seen.push(`${address}: ${settlement}`);
 * });
 *
 * const orders = channel<{ id: number }>("orders");
 * const running = await new RustStream({ title: "orders", version: "0.1.0" })
 *   .observe(diagnostics())
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})))
 *   .start();
 * await running.publisher.publish(orders, { id: 1 });
 * await running.stop();
 * assert.deepEqual(seen, ["orders: ack"]);
 * ```
 */
export function diagnostics(): Observer {
  const found = builtin("node:diagnostics_channel");
  if (found === undefined) return Object.freeze({});
  const channels = new Map(
    Object.entries(channelNames).map(([hook, name]) =>
      [hook as Hook, found.channel(name)] as const
    ),
  );
  const hooks = [...channels].map(([hook, channel]) => [
    hook,
    (event: unknown) => channel.publish(event),
  ]);
  return Object.freeze({
    ...Object.fromEntries(hooks),
    wants: (hook: Hook) => channels.get(hook)?.hasSubscribers === true,
  });
}
