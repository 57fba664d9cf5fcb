import { systemClock } from "@ruststream/core/contract";
import type { NatsProxy } from "../_tools/nats_proxy.ts";
import type { NatsConnection } from "./nats_connection.ts";

/** Cuts the cable of one connection, and waits until it has noticed. */
export async function cutCable(
  proxy: Pick<NatsProxy, "cut">,
  connection: NatsConnection,
): Promise<void> {
  await proxy.cut(connection.nats.info?.client_id);
  for (let left = 500; connection.state === "connected" && left > 0; left--) {
    await systemClock.sleep(2);
  }
}
